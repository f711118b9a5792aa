"""What there is to learn from: labelled pictures, and how training draws on them.

`mnist`, `omniglot` and `pendigits` read data sets, `synthetic` makes pictures, `augmentation` varies them; `corpus`,
`sources`, `sampling` and `pairs` turn them into training batches.
"""
