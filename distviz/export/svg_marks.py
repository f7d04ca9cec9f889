"""The shapes of the picture as vectors: bars with their textures, what joins them, arrows, the money."""

from xml.etree.ElementTree import Element

from distviz.export.svg_elements import Shapes, ink, tag
from distviz.story.picture.cells import HELD, PENDING, LaneCell
from distviz.story.picture.ghosts import Arrow

LIFE, BAR = 20, 15  # the lifeline's place in its lane, and how wide a bar is
BESIDE = 19  # from the middle of a bar to that of the next one in its lane
PART = 60  # a column of the money
_LOCK = "M4 7V5a4 4 0 1 1 8 0v2h1v8H3V7Zm2 0h4V5a2 2 0 1 0-4 0Z"
_BOLT = "M9.5 0 2 9.5h4.6L5.5 16 14 6H9Z"
_CROSS = "m3 3 10 10M13 3 3 13"


def _hatch(name: str, line: str, ground: str, *, back: bool = False, wide: float = 3.2) -> Element:
    path = "M-2 2 2-2M0 9 9 0M7 11 11 7" if not back else "M-2 7 2 11M0 0 9 9M7-2 11 2"
    return tag(
        "pattern",
        tag("rect", width=9, height=9, fill=ground),
        tag("path", d=path, stroke=line, stroke_width=wide, fill="none"),
        id=name,
        width=9,
        height=9,
        patternUnits="userSpaceOnUse",
    )


def patterns() -> Element:
    c = ink()
    cross = tag(
        "pattern",
        tag("rect", width=9, height=9, fill=c["bad-soft"]),
        tag("path", d="M0 0 9 9M0 9 9 0", stroke=c["bad"], stroke_width=1.8, fill="none"),
        id="missing",
        width=9,
        height=9,
        patternUnits="userSpaceOnUse",
    )
    twice = tag(
        "pattern",
        tag("rect", width=9, height=9, fill="#63b98d"),
        tag("circle", cx=4.5, cy=4.5, r=2.6, fill=c["bad"]),
        id="twice",
        width=9,
        height=9,
        patternUnits="userSpaceOnUse",
    )
    pending = tag(
        "pattern",
        tag("rect", width=9, height=6, fill=c["doubt-soft"]),
        tag("path", d="M0 3H5", stroke=c["doubt"], stroke_width=1.6, fill="none"),
        id="pending",
        width=9,
        height=6,
        patternUnits="userSpaceOnUse",
    )
    return tag(
        "defs",
        twice,
        pending,
        _hatch("held", c["doubt"], c["doubt-soft"]),
        _hatch("comp", c["comp"], c["comp-soft"], back=True),
        _hatch("in_flight", "#e2a73c", "#f7e6c2", back=True),
        cross,
    )


def cell(one: LaneCell, x: float, top: float, mid: float, bottom: float) -> Shapes:
    """The lifeline of one lane at one row, with its bars above and below the event, side by side."""
    life = x + LIFE
    drawn: list[Shapes] = [tag("path", d=f"M{life:.1f} {top:.1f}V{bottom:.1f}", stroke=ink()["line-2"])]
    for bar in one.bars:
        middle = life + bar.slot * BESIDE
        drawn.append(_half(bar.up, bar, middle, top, mid, ending=bar.joint) if bar.up else [])
        drawn.append(_half(bar.down, bar, middle, mid, bottom) if bar.down else [])
        drawn.append(_joint(bar, middle, mid))
    return drawn


def _half(state: str, one: LaneCell, x: float, top: float, bottom: float, ending: str = "") -> Shapes:
    c = ink()
    promised = state in (HELD, PENDING)
    edge = c["doubt"] if promised else c["comp"] if one.compensation else c["bar"]
    fill = f"url(#{state})" if promised else "url(#comp)" if one.compensation else c["bar-soft"]
    if ending == "commit" and not promised and not one.compensation:
        fill = c["bar"]
    if ending in ("rollback", "torn", "torn-begin"):
        edge, fill = c["bad"], "url(#missing)" if ending == "rollback" else c["bad"]
    left, right = x - BAR / 2, x + BAR / 2
    dashes = "3 2" if ending == "rollback" else "2 3" if state == PENDING else None
    sides = tag(
        "path",
        d=f"M{left:.1f} {top:.1f}V{bottom:.1f}M{right:.1f} {top:.1f}V{bottom:.1f}",
        stroke=edge,
        stroke_width=2,
        stroke_dasharray=dashes,
    )
    return [tag("rect", x=left, y=top, width=BAR, height=bottom - top, fill=fill), sides]


def icon(path: str, x: float, y: float, size: float, **style: object) -> Element:
    """A drawing of 16 × 16 around this point."""
    return tag(
        "path", d=path, transform=f"translate({x - size / 2:.1f} {y - size / 2:.1f}) scale({size / 16:.3f})", **style
    )


def _joint(one: LaneCell, x: float, y: float) -> Shapes:
    c = ink()
    edge = c["comp"] if one.compensation else c["bar"]
    match one.joint:
        case "begin":
            return tag("rect", x=x - BAR / 2, y=y - 1.5, width=BAR, height=3, fill=edge)
        case "commit":
            return tag("rect", x=x - 11.5, y=y - 2.5, width=23, height=5, rx=2, fill=edge)
        case "rollback":
            ring = tag("circle", cx=x, cy=y, r=9, fill=c["panel"], stroke=c["bad"], stroke_width=1.5)
            return [ring, icon(_CROSS, x, y, 9, stroke=c["bad"], stroke_width=3, fill="none")]
        case "prepared":
            box = tag("rect", x=x - 10.5, y=y - 10.5, width=21, height=21, rx=4, fill=c["doubt"])
            if one.down == PENDING:
                letter = tag("path", d=f"M{x - 6:.1f} {y - 4:.1f}h12v8h-12Zl6 5 6-5", stroke=c["panel"], fill="none")
                return [box, letter]
            return [box, icon(_LOCK, x, y, 12, fill=c["panel"], fill_rule="evenodd")]
        case "torn" | "torn-begin" | "spark":
            return [tag("circle", cx=x, cy=y, r=10, fill=c["bad"]), icon(_BOLT, x, y, 12, fill=c["panel"])]
        case "dot":
            return tag("circle", cx=x, cy=y, r=3.5, fill=c["ink-2"], stroke=c["panel"], stroke_width=2)
        case "ghost":
            return tag(
                "rect",
                x=x - 7.5,
                y=y - 11,
                width=15,
                height=22,
                rx=3,
                fill=c["panel"],
                stroke=c["ink-3"],
                stroke_dasharray="3 2",
            )
    return []


def arrow(one: Arrow, start: float, end: float, y: float, *, compensation: bool = False, ghost: bool = False) -> Shapes:
    """From lifeline to lifeline: solid a command, dashed an event, thin a reply; with a cross where it was lost."""
    c = ink()
    colour = {"event": c["accent"], "reply": c["ink-2"]}.get(one.form, c["ink"])
    colour = {"lost": c["bad"], "parked": c["warn"], "delayed": c["warn"]}.get(one.fate, colour)
    colour = c["ink-3"] if ghost else c["comp"] if compensation and not one.fate else colour
    if start == end:
        return [_loop(start, y, colour, dashed=ghost or one.form == "event"), _fate(one.fate, start + 26, y, colour)]
    way = 1 if end >= start else -1
    stop = start + (end - start) * 0.54 if one.fate in ("lost", "parked") else end - way * 9
    dashes = "2 3" if ghost else "6 4" if one.form == "event" else None
    path = f"M{start:.1f} {y:.1f}H{stop:.1f}"
    wide = 1.0 if one.form == "reply" else 4.0 if compensation else 2.0
    line = [tag("path", d=path, stroke=colour, stroke_width=wide, stroke_dasharray=dashes)]
    if compensation and not ghost:  # a double line
        line.append(tag("path", d=path, stroke=c["panel"], stroke_width=1.4))
    foot = tag("circle", cx=start, cy=y, r=4, fill=colour)
    heads = [_head(end, y, way, colour, opacity=0.3 if one.fate in ("lost", "parked") else None)]
    if one.fate == "twice":
        heads.append(_head(end - way * 11, y, way, colour))
    return [line, foot, heads, _fate(one.fate, stop, y, colour)]


def _loop(x: float, y: float, colour: str, *, dashed: bool) -> Shapes:
    """From a lane to itself: out, and back in below."""
    path = f"M{x:.1f} {y - 6:.1f}h18q8 0 8 7t-8 7h-10"
    line = tag("path", d=path, stroke=colour, stroke_width=2, stroke_dasharray="6 4" if dashed else None, fill="none")
    return [line, tag("circle", cx=x, cy=y - 6, r=4, fill=colour), _head(x + 2, y + 8, -1, colour)]


def _head(x: float, y: float, way: int, colour: str, **style: object) -> Element:
    return tag("path", d=f"M{x:.1f} {y:.1f}l{-10 * way} -6v12Z", fill=colour, **style)


def _fate(fate: str, x: float, y: float, colour: str) -> Shapes:
    c = ink()
    if fate == "lost":
        ground = tag("rect", x=x - 9, y=y - 9, width=18, height=18, fill=c["panel"])
        return [ground, icon(_CROSS, x, y, 16, stroke=colour, stroke_width=3, stroke_linecap="round", fill="none")]
    if fate == "parked":
        shape = tag("rect", x=x - 9, y=y - 7, width=18, height=14, fill=c["panel"], stroke=colour, stroke_width=1.8)
        return [shape, tag("path", d=f"M{x - 9:.1f} {y - 7:.1f}l9 8 9-8", stroke=colour, stroke_width=1.8, fill="none")]
    if fate == "delayed":
        face = tag("circle", cx=x - 40, cy=y, r=8, fill=c["panel"], stroke=colour, stroke_width=2)
        return [face, tag("path", d=f"M{x - 40:.1f} {y - 5:.1f}v5l4 2", stroke=colour, stroke_width=2, fill="none")]
    return []


def fill_of(part: str) -> str:
    return {"account": "#cfd6e2", "paid": "#63b98d"}.get(part, f"url(#{part})")
