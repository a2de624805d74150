"""What happens: simulators that know definitions only, on NumPy or CuPy.

This package never imports ``theory``: a simulator that used the formula it tests would prove
nothing. Variances enter as plain numbers.
"""
