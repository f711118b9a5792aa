"""How bundles are made: `digits` and `pictures` are the recipes that `train.py` follows, `index` makes a new gallery.

The first two read their data, train, choose on validation pictures, measure on test pictures, and return a bundle.
"""
