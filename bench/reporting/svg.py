# SPDX-License-Identifier: Apache-2.0
"""Line and bar charts as SVG text."""
import math
from html import escape

COLOURS = ("#1f6fb4", "#d1495b", "#2e8b57", "#8e6bbf", "#e08e0b", "#4d4d4d", "#17a2b8", "#a0522d")
FONT = 'font-family="sans-serif" font-size="12"'


def document(width, height, title, body):
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" {FONT}>\n'
            f'<rect width="{width}" height="{height}" fill="white"/>\n'
            f'<text x="12" y="20" font-size="14" font-weight="bold">{escape(title)}</text>\n' + "\n".join(body) + "\n</svg>\n")


class Axis:
    """Data to pixels, linear or logarithmic."""

    def __init__(self, values, first, last, log):
        low, high = min(values), max(values)
        if low == high:
            low, high = (low / 2, high * 2) if log else (low - 1, high + 1)
        self.low, self.high, self.first, self.last, self.log = low, high, first, last, log

    def __call__(self, value):
        at = math.log(value / self.low) / math.log(self.high / self.low) if self.log else (value - self.low) / (self.high - self.low)
        return self.first + at * (self.last - self.first)

    def ticks(self):
        if self.log:
            powers = [10.0**p for p in range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)]
            for steps in ((1, 2, 5), (1,)):
                marks = [m * p for p in powers for m in steps if self.low / 1.0001 <= m * p <= self.high * 1.0001]
                if len(marks) <= 8:
                    break
            return marks or [self.low, self.high]
        step = 10 ** math.floor(math.log10((self.high - self.low) / 2))
        step *= next(m for m in (1, 2, 5, 10) if (self.high - self.low) / (step * m) <= 6)
        return [step * i for i in range(math.ceil(self.low / step - 1e-9), math.floor(self.high / step + 1e-9) + 1)]


def lines(title, x_label, y_label, curves, log_x=False, log_y=False, x_ticks=None, tick_text="{:.4g}".format, dots=True):
    """curves: [(name, [(x, y), ...])]; points that a logarithmic axis cannot show are left out.  Curves of one name have one colour."""
    kept = [(name, [(x, y) for x, y in points if (x > 0 or not log_x) and (y > 0 or not log_y)]) for name, points in curves]
    kept = [(name, points) for name, points in kept if points]
    if not kept:
        return document(640, 60, title + ": nothing measured", [])
    width, height, left, right, top, bottom = 720, 400, 70, 540, 40, 340
    x = Axis([p[0] for _, points in kept for p in points], left, right, log_x)
    y = Axis([p[1] for _, points in kept for p in points] + ([] if log_y else [0]), bottom, top, log_y)
    body = []
    for value in x_ticks or x.ticks():
        text = tick_text(value)
        body.append(f'<path d="M{x(value):.1f} {top}V{bottom}" stroke="#ddd"/>'
                    f'<text x="{x(value):.1f}" y="{bottom + 16}" text-anchor="middle">{escape(text)}</text>')
    for value in y.ticks():
        body.append(f'<path d="M{left} {y(value):.1f}H{right}" stroke="#ddd"/>'
                    f'<text x="{left - 6}" y="{y(value) + 4:.1f}" text-anchor="end">{value:.4g}</text>')
    body.append(f'<rect x="{left}" y="{top}" width="{right - left}" height="{bottom - top}" fill="none" stroke="#888"/>')
    body.append(f'<text x="{(left + right) / 2}" y="{bottom + 38}" text-anchor="middle">{escape(x_label)}</text>')
    body.append(f'<text x="16" y="{(top + bottom) / 2}" text-anchor="middle" transform="rotate(-90 16 {(top + bottom) / 2})">{escape(y_label)}</text>')
    names = list(dict.fromkeys(name for name, _ in kept))
    for name, points in kept:
        colour = COLOURS[names.index(name) % len(COLOURS)]
        path = "L".join(f"{x(px):.1f} {y(py):.1f}" for px, py in points)
        body.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="{1.8 if dots else 1.2}"/>')
        if dots:
            body += [f'<circle cx="{x(px):.1f}" cy="{y(py):.1f}" r="2.5" fill="{colour}"/>' for px, py in points]
    for i, name in enumerate(names):
        colour = COLOURS[i % len(COLOURS)]
        body.append(f'<rect x="{right + 14}" y="{top + 18 * i}" width="12" height="4" fill="{colour}"/>'
                    f'<text x="{right + 32}" y="{top + 18 * i + 7}">{escape(name)}</text>')
    return document(width, height, title, body)


def bars(title, x_label, values, mark=None):
    """values: [(name, number)]; `mark`: a vertical line."""
    if not values:
        return document(640, 60, title + ": nothing measured", [])
    left, right, top, step = 380, 700, 40, 18
    height = top + step * len(values) + 50
    x = Axis([0, mark or 0] + [v for _, v in values], left, right, False)
    body = []
    for value in x.ticks():
        body.append(f'<path d="M{x(value):.1f} {top}V{height - 44}" stroke="#ddd"/>'
                    f'<text x="{x(value):.1f}" y="{height - 28}" text-anchor="middle">{value:.4g}</text>')
    for i, (name, value) in enumerate(values):
        at = top + step * i
        body.append(f'<text x="{left - 6}" y="{at + 12}" text-anchor="end">{escape(name)}</text>'
                    f'<rect x="{left}" y="{at + 2}" width="{x(value) - left:.1f}" height="{step - 5}" fill="{COLOURS[0]}"/>')
    if mark is not None:
        body.append(f'<path d="M{x(mark):.1f} {top}V{height - 44}" stroke="{COLOURS[1]}" stroke-width="1.5"/>')
    body.append(f'<text x="{(left + right) / 2}" y="{height - 8}" text-anchor="middle">{escape(x_label)}</text>')
    return document(740, height, title, body)
