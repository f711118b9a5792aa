"""Training pictures that are made: `pen` draws strokes, and `characters` invents symbols from them.

`half_swaps` and `outliers` are made of digits; `corruptions` scans and photographs digits.
"""
