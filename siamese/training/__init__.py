"""How a network learns: losses, the loop (`trainer`), and its checkpoints.

`label_noise` leaves out wrongly labelled pictures before, `centring` moves the origin of the embeddings after.
"""
