"""Synthetic training pictures.

`pen` renders strokes, and `characters` generates random symbols from strokes. `half_swaps` and `outliers` combine
digits. `corruptions` simulates scans and photographs of digits.
"""
