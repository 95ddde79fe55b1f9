"""The compiler: a program recorded once, simplified, and run many times as straight-line code."""
