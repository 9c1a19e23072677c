"""Frames and sound in presentation order. `libav` is the only module that imports a codec library to read."""
