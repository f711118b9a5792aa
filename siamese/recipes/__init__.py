"""The two recipes that `train.py` follows: `digits` and `pictures`.

Each reads its data, trains, chooses on validation pictures, measures on test pictures, and returns a bundle.
"""
