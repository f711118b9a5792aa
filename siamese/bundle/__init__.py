"""A trained model as a folder: its format, measurements, model card, and the way to the Hugging Face Hub and back.

Loading is strict and never unpickles; files are written whole or not at all.
"""
