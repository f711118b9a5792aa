"""Finding and judging by distance: what is done with embeddings once a network has made them.

`search` and `gallery` find the nearest, `distances` and `calibration` turn a distance into a probability, `few_shot`
names a symbol from examples, `projection` lays embeddings out to be seen, `pictures` is what a matcher takes, and
`results` what it returns.
"""
