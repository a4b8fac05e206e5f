"""The life of data: how it is erased, how long it stays, how it is saved and brought back."""
