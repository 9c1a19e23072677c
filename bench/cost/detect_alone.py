"""Run one detector of PySceneDetect over one file: DETECTOR FILE."""

import sys

import scenedetect

detector = {
    "adaptive": scenedetect.AdaptiveDetector,
    "content": scenedetect.ContentDetector,
    "hash": scenedetect.HashDetector,
    "hist": scenedetect.HistogramDetector,
}[sys.argv[1]]
scenedetect.detect(sys.argv[2], detector())
