"""Draws a terminal's screen (standard input, with colours) as two SVGs: light and dark.

No script, font or address of elsewhere in them: GitHub shows them as they are.
"""

import re
import sys

from rich.ansi import AnsiDecoder
from rich.console import Console
from rich.terminal_theme import TerminalTheme

# GitHub's own colours of a terminal; black, red, green, yellow, blue, magenta, cyan, white.
THEMES = {
    "light": TerminalTheme(
        (246, 248, 250), (31, 35, 40),
        [(36, 41, 47), (207, 34, 46), (17, 99, 41), (125, 78, 0),
         (9, 105, 218), (130, 80, 223), (27, 124, 131), (110, 119, 129)],
    ),
    "dark": TerminalTheme(
        (13, 17, 23), (230, 237, 243),
        [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34),
         (88, 166, 255), (188, 140, 255), (57, 197, 207), (177, 186, 196)],
    ),
}
FRAME = {"light": "#d0d7de", "dark": "#30363d"}
SVG = """\
<svg xmlns="http://www.w3.org/2000/svg" width="%(shown_width)d" height="%(shown_height)d" viewBox="0 0 %(width)d %(height)d" role="img">
<title>%(title)s</title>
<style>
.{unique_id}-matrix {{ font: {char_height}px/{line_height}px ui-monospace, "SFMono-Regular", Menlo, \
Consolas, "DejaVu Sans Mono", monospace }}
text {{ white-space: pre }}
{styles}
</style>
<rect x="1" y="1" width="%(inner_width)d" height="%(inner_height)d" rx="6" fill="%(background)s" stroke="%(frame)s"/>
<g transform="translate(13 7)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def main() -> None:
    path, title = sys.argv[1:]
    # One decoder for all lines, since a colour continues after the end of a line.
    texts = list(AnsiDecoder().decode(sys.stdin.read().rstrip()))
    for text in texts:
        text.rstrip()
    width = max(len(text) for text in texts)
    # From rich's template: 20 pixels, characters 0.61 wide, lines 1.22 high.
    size = {"width": width * 12.2 + 26, "height": len(texts) * 24.4 + 18}
    size |= {"shown_width": size["width"] * 0.7, "shown_height": size["height"] * 0.7}
    size |= {"inner_width": size["width"] - 2, "inner_height": size["height"] - 2}
    for name, theme in THEMES.items():
        console = Console(record=True, width=width, file=open("/dev/null", "w"), legacy_windows=False)
        for text in texts:
            console.print(text, no_wrap=True, overflow="ignore", crop=False)
        names = {"title": title, "frame": FRAME[name], "background": theme.background_color.hex, **size}
        svg = console.export_svg(theme=theme, code_format=SVG % names, unique_id="t")
        # Removes rich's own line feeds and frames, and spaces that have another width in some fonts.
        svg = re.sub(r"<text [^>]*>\n</text>", "", svg).replace("&#160;", " ")
        svg = svg.replace("<text ", '<text xml:space="preserve" ')
        svg = re.sub(r' clip-path="[^"]*"', "", svg)
        with open(f"{path}-{name}.svg", "w") as file:
            file.write("\n".join(line.rstrip() for line in svg.split("\n") if line.strip()) + "\n")


main()
