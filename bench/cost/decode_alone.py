"""Decode every picture and sound of the files named, and do nothing with them: the floor of the cost."""

import sys

import av

for path in sys.argv[1:]:
    with av.open(path) as container:
        video = container.streams.video[0]
        video.thread_type = "AUTO"
        video.codec_context.thread_count = 2
        streams = [video, *container.streams.audio[:1]]
        for packet in container.demux(streams):
            for _ in packet.decode():
                pass
