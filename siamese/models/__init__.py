"""The network: backbones that turn pictures into features, projection heads that embed these, and how it is run.

`networks` puts them together, `inference` embeds pictures (test-time augmentation, fused layers), `device` says where,
`attribution` which pixels keep two pictures apart.
"""
