"""Synthetic training pictures.

`pen` renders strokes, and `letters` redraws those of many scripts. `half_swaps` and `outliers` combine
digits. `corruptions` simulates scans and photographs of digits.
"""
