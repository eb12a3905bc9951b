"""The AWS services that the World serves: one file each, found by walking this folder."""
