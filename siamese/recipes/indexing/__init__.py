"""The parts of `recipes.index`, which makes a folder of pictures the gallery of a trained model.

`files` finds the pictures, `portions` reads them, `share` keeps what is done of them so that a run can go on, `joining` makes
a gallery of that, and `together` waits for the other processes of a run under torchrun.
"""
