"""The operations that the front answers itself, one file a service.

A function gives the output in boto3's shape; the front holds it against the model and writes it.
Tables of records are named here by the operations that read them.
"""
