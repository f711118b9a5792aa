"""Training and test data: labelled pictures, and how training batches are drawn from them.

`mnist`, `omniglot` and `pendigits` read data sets, `synthetic` generates pictures, `augmentation` varies them.
`corpus`, `sources`, `sampling` and `pairs` select what a run uses and turn it into batches.
"""
