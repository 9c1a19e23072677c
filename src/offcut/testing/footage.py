"""Recordings made from numbers: a painted place, things that move in it, a camera that shakes.

A scene is a few numbers; every picture of it can be made on its own and is the same every time, so
a release can be cut from a recording without decoding it. What is shown is invented: no place and
no person exists.
"""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from offcut.decode.encode import write_video
from offcut.testing import actors, sounds
from offcut.testing.places import PLACES, Picture
from offcut.testing.places import WIDTH_PX as PLACE_WIDTH_PX
from offcut.timeline import FrameTimes

__all__ = ["HEIGHT_PX", "WIDTH_PX", "Footage", "Scene"]

WIDTH_PX, HEIGHT_PX = 640, 360

_ENCODING = {"preset": "veryfast", "crf": "21", "g": "60"}
_NOISE_LEVEL = 3.2
"""Standard deviation of the sensor noise in grey levels: a phone in daylight."""
_COATS: tuple[actors.Colour, ...] = (
    (178, 52, 46),
    (44, 82, 150),
    (196, 160, 60),
    (62, 112, 74),
    (112, 62, 120),
    (210, 210, 204),
)


@dataclass(frozen=True, slots=True)
class Scene:
    """What is recorded.

    Attributes:
        name: Of the file, without ending.
        place: One of `places.PLACES`.
        seed: Of everything that is random; another seed is another place of the same kind.
        rate_hz: Frames per second.
        frames: How many.
        alarm_s: When a shot is heard and, in the square, one figure falls and the others run; None: never.
        take: The same place filmed again: another hand, other moments. 0 is the first take.
        busy: Whether anything moves. A still scene from a fixed camera has no clock.
    """

    name: str
    place: str
    seed: int
    rate_hz: Fraction
    frames: int
    alarm_s: float | None = None
    take: int = 0
    busy: bool = True


class Footage:
    """The pictures and the sound of a scene."""

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        rng = np.random.default_rng((scene.seed, sum(scene.place.encode())))
        self._place = PLACES[scene.place](rng)
        if scene.take:
            rng = np.random.default_rng((scene.seed, sum(scene.place.encode()), scene.take))
        self._path = _camera_path(rng, scene)
        noise = rng.normal(0, _NOISE_LEVEL, (HEIGHT_PX + 97, WIDTH_PX + 131, 3))
        self._noise = np.round(noise).astype(np.int16)
        self._sound_seed = int(rng.integers(1 << 31))

    @property
    def times(self) -> FrameTimes:
        """When each frame is shown."""
        ticks = np.arange(self.scene.frames, dtype=np.int64)
        return FrameTimes(tick_s=1 / self.scene.rate_hz, pts=ticks, end_pts=self.scene.frames)

    def picture(self, index: int) -> Picture:
        """Frame `index`, shape (HEIGHT_PX, WIDTH_PX, 3), uint8, RGB: the same at every call."""
        if not 0 <= index < self.scene.frames:
            raise IndexError(f"{self.scene.name}: no frame {index}, there are {self.scene.frames}")
        camera = self._camera(index)
        view = np.asarray(
            cv2.warpAffine(
                self._place,
                camera,
                (WIDTH_PX, HEIGHT_PX),
                flags=cv2.INTER_LINEAR,
                borderMode=cv2.BORDER_REFLECT,
            ),
            np.uint8,
        )
        for actor in self._actors(float(index / self.scene.rate_hz)):
            actors.draw(view, actor, camera)
        light = 1.0 + 0.05 * math.sin(2 * math.pi * (index / float(self.scene.rate_hz) / 7.3 + 0.1))
        top, left = (index * 37) % 97, (index * 59) % 131
        noise = self._noise[top : top + HEIGHT_PX, left : left + WIDTH_PX]
        lit = cv2.convertScaleAbs(view, alpha=light)
        return np.asarray(cv2.add(lit, noise, dtype=cv2.CV_8U), np.uint8)

    def pictures(self) -> Iterator[Picture]:
        """All frames in order."""
        return (self.picture(index) for index in range(self.scene.frames))

    def sound(self) -> NDArray[np.float32]:
        """The whole sound, shape (2, samples), float32, at `sounds.RATE_HZ`."""
        rng = np.random.default_rng(self._sound_seed)
        samples = int(self.scene.frames / self.scene.rate_hz * sounds.RATE_HZ)
        total = sounds.wind(rng, samples)
        if self.scene.place == "road":
            total = total + sounds.engine(rng, samples, pitch_hz=62)
        elif self.scene.place == "harbour":
            total = total + sounds.engine(rng, samples, pitch_hz=38)
        else:
            total = total + sounds.steps(rng, samples, every_s=0.52 if self.scene.place == "hills" else 0.61)
        if self.scene.alarm_s is not None:
            cracks = [self.scene.alarm_s + delay for delay in (0.0, 0.7, 1.1)]
            total = total + sounds.reports(rng, samples, cracks)
        return np.asarray(np.clip(total, -1, 1), np.float32)

    def write(self, folder: Path) -> Path:
        """Write the recording as `<name>.mp4` (H.264, AAC) into `folder`."""
        path = folder / f"{self.scene.name}.mp4"
        write_video(
            path,
            self.pictures(),
            rate_hz=self.scene.rate_hz,
            sound=self.sound(),
            rate_audio_hz=sounds.RATE_HZ,
            options=_ENCODING,
        )
        return path

    def _actors(self, t: float) -> Iterator[actors.Actor]:
        if not self.scene.busy:
            return iter(())
        return _ACTING[self.scene.place](self.scene, t)

    def _camera(self, index: int) -> NDArray[np.float64]:
        x, y, angle, zoom = self._path[index]
        cos, sin = zoom * math.cos(angle), zoom * math.sin(angle)
        turn = np.array([[cos, -sin], [sin, cos]])
        shift = np.array([WIDTH_PX / 2, HEIGHT_PX / 2]) - turn @ np.array([x, y])
        return np.column_stack([turn, shift])


def _camera_path(rng: np.random.Generator, scene: Scene) -> NDArray[np.float64]:
    """Where the camera looks, shape (frames, 4): x and y in place pixels, angle in radians, zoom."""
    from_to = {"square": (560, 800), "hills": (360, 1060), "road": (750, 750), "harbour": (420, 700)}
    height = {"square": 400, "hills": 400, "road": 320, "harbour": 330}
    start, end = from_to[scene.place]
    steadiness = 0.04 if scene.place == "road" else 1.0
    along = np.linspace(0, 1, max(2, scene.frames))[: scene.frames]
    ease = along * along * (3 - 2 * along)
    breadth = float(scene.rate_hz) * np.array([0.5, 0.08])
    shake = sum(
        _smooth(rng, scene.frames, width) * gain for width, gain in zip(breadth, (7.0, 2.2), strict=True)
    )
    shake = np.asarray(shake) * steadiness
    bob = 2.5 * steadiness * np.sin(2 * np.pi * np.arange(scene.frames) / float(scene.rate_hz) * 1.9)
    return np.column_stack(
        [
            start + (end - start) * ease + shake[:, 0],
            height[scene.place] + shake[:, 1] + (bob if scene.place == "hills" else 0),
            0.0016 * shake[:, 2],
            1.0 + 0.0025 * shake[:, 3],
        ]
    )


def _smooth(rng: np.random.Generator, frames: int, width: float) -> NDArray[np.float64]:
    reach = max(1, int(3 * width))
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(width, 0.5)) ** 2)
    bell /= math.sqrt(float(np.sum(bell**2)))
    rough = rng.standard_normal((frames + 2 * reach, 4))
    return np.stack([np.convolve(rough[:, k], bell, "valid") for k in range(4)], axis=1)


def _in_the_square(scene: Scene, t: float) -> Iterator[actors.Actor]:
    """Six figures walk about; at the alarm one falls and stays, the others run off."""
    for depth, number in enumerate((0, 5, 4, 3, 2, 1)):
        start_s = None if scene.alarm_s is None else scene.alarm_s + 0.12 * (number - 2)
        calm_s = t if start_s is None else min(t, start_s)
        pace = (24 + 5 * number) * (1 if number % 2 else -1)
        x = (
            540
            + 62 * number
            + 120 * _to_and_fro(number * 0.37 + scene.seed * 0.19 + scene.take * 0.31 + calm_s * pace / 240)
        )
        stride, fallen = calm_s * 1.6 + number * 0.3, 0.0
        if start_s is not None and t > start_s:
            if number == 2:
                fallen = min(1.0, (t - start_s) / 0.5)
            else:
                x += (1 if number > 2 else -1) * 250 * (t - start_s)
                stride += 2.7 * (t - start_s)
        yield actors.figure(
            x, 448 + 18 * depth, 74 + 9 * depth, stride=stride, coat=_COATS[number], fallen=fallen
        )


def _on_the_road(scene: Scene, t: float) -> Iterator[actors.Actor]:
    """Cars in both lanes, each lane at its own pace; somebody walks along the verge."""
    t += 5.3 * scene.take
    length = PLACE_WIDTH_PX + 300
    for number in range(8):
        heading = 1 if number % 2 else -1
        pace = 170 if heading > 0 else 132
        x = (number * 397 + (scene.seed % 7) * 61 + heading * pace * t) % length - 150
        yield actors.car_from_above(x, 362 if heading > 0 else 280, heading=heading, paint=_COATS[number % 6])
    yield actors.figure(480 + 33 * t, 228, 40, stride=t * 1.7, coat=_COATS[1])


def _in_the_hills(scene: Scene, t: float) -> Iterator[actors.Actor]:
    """A pick-up passes on the track; two figures walk the other way."""
    t += 5.3 * scene.take
    yield actors.car_from_the_side((scene.seed % 5) * 40 + 120 + 95 * t, 566, paint=(168, 66, 50))
    for number in range(2):
        x = 1180 - 46 * t + 60 * number
        yield actors.figure(x, 560 + 14 * number, 92, stride=t * 1.5 + 0.4 * number, coat=_COATS[3 + number])


def _in_the_harbour(scene: Scene, t: float) -> Iterator[actors.Actor]:
    """A ferry crosses, a figure stands on the quay."""
    t += 5.3 * scene.take
    yield actors.boat(240 + 48 * t, 452 + 3 * math.sin(1.7 * t), paint=(40, 62, 104))
    yield actors.figure(590 + 8 * math.sin(t), 378, 54, stride=0.4 * t, coat=_COATS[scene.seed % 6])


_ACTING: Mapping[str, Callable[[Scene, float], Iterator[actors.Actor]]] = {
    "harbour": _in_the_harbour,
    "hills": _in_the_hills,
    "road": _on_the_road,
    "square": _in_the_square,
}


def _to_and_fro(turns: float) -> float:
    """A triangle wave between -1 and 1, one turn a period."""
    return 1 - 4 * abs((turns % 1) - 0.5)
