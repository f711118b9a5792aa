"""How a network learns: losses, the loop (`trainer`), and its checkpoints.

`label_noise` leaves out wrongly labelled pictures before, `head_retraining` fits a head anew after.
"""
