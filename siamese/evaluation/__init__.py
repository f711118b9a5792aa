"""How good a network is: everything that is measured, and the plots of it.

`metrics` are functions of embeddings and labels, `scores` what is reported of a test set, `generalisation` of other
pictures, `one_shot` the published 20-way task; `protocol` measures a whole run, and `plots` draws the result.
"""
