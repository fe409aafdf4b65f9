"""The web page that writes, served by Gradio with everything off that would call elsewhere."""

import contextlib
import dataclasses
import html
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.writing import formula_layout, hand_styles
from gan_keras.writing.alphabet import check_length
from gan_keras.writing.handwriter import Options, Writer

MAX_INPUT = 400  # characters that a visitor may have written at once
LINE = 760  # pixels
QUEUE = 16  # visitors that may wait
TEXT, FORMULA = "Text", "LaTeX formula"


class Range(NamedTuple):
    """A number that a visitor may choose: its label, limits, first value and step."""

    label: str
    low: float
    high: float
    first: float
    step: float


NUMBERS = {
    "style": Range("Hand", 0, 9999, 1, 1),
    "towards": Range("Other hand", 0, 9999, 2, 1),
    "blend": Range("From the one to the other", 0.0, 1.0, 0.0, 0.05),
    "variation": Range("Variation", hand_styles.MIN_VARIATION, 1.0, Options.variation, 0.05),
    "size": Range("Size", 24, 120, 64, 4),  # pixels per em
    "best_of": Range("Proof-reading: best of", 1, 8, 1, 1),
    "seed": Range("Page", 0, 2**31 - 1, 0, 1),
}
CSS = """
.gradio-container { width: 100%; max-width: 1080px !important; margin: 0 auto !important; }
#written { min-height: 160px; }
#written svg { max-width: 100%; height: auto; display: block; border-radius: 6px; }
#written .error { color: #a3142a; font-size: 1.05rem; margin: 1rem 0; overflow-wrap: anywhere; }
#written .note { color: #667; font-size: .85rem; margin: .4rem 0 0; }
"""
_EXAMPLES = (
    (TEXT, "Hello World"),
    (TEXT, "The quick brown fox jumps over the lazy dog"),
    (FORMULA, r"\int_0^{\infty}\frac{\sin x}{x}dx=\frac{\pi}{2}"),
    (FORMULA, r"\frac{1}{2}x^{2}-9=0"),
    (FORMULA, r"\sqrt{\frac{3+4}{x}}=7^{2}"),
    (TEXT, "(3+4)x=7"),
)


@dataclasses.dataclass(frozen=True)
class Page:
    """Answers of the page, apart from its looks.

    Attributes:
        writer: Writes; with a reader visitors may ask for proof-reading.
        folder: Folder of the two files for download, which each answer overwrites: Gradio has its
            own copy of them by then.
    """

    writer: Writer
    folder: Path

    def examples(self) -> list[list[str]]:
        """Kinds and words that the run can write, at least one."""
        found = []
        for kind, words in _EXAMPLES:
            with contextlib.suppress(UsageError):
                if kind == FORMULA:
                    formula_layout.lay_out(words, self.writer.alphabet)
                else:
                    self.writer.alphabet.check(words.replace(" ", ""))
                found.append([kind, words])
        return found or [[TEXT, next(filter(None, self.writer.alphabet.characters))]]

    def write(
        self, kind: str, words: str | None, *numbers: float | None
    ) -> tuple[str, str | None, str | None]:
        """Writes words of a kind (`TEXT` or `FORMULA`), with numbers in the order of `NUMBERS`.

        Returns:
            HTML, and the paths of a PNG and an SVG; None for both after a mistake, which the HTML
            then says in a sentence.
        """
        started, words = time.perf_counter(), words or ""
        try:
            check_length(words, MAX_INPUT, "text or formula")
            chosen = _within_limits(numbers)
            best_of = chosen["best_of"] if self.writer.reader else 1
            width = LINE / chosen["size"]
            options = Options(chosen["variation"], best_of, chosen["seed"], width)
            hand = self.writer.hand(chosen["style"])
            if chosen["blend"]:
                other = self.writer.hand(chosen["towards"])
                hand = hand_styles.between(hand, other, chosen["blend"])
            write = self.writer.write_latex if kind == FORMULA else self.writer.write_text
            sheet = write(words, hand, options)
            png, svg = self.folder / "writing.png", self.folder / "writing.svg"
            png.write_bytes(sheet.png(chosen["size"]))
            drawing = sheet.svg(chosen["size"])
            svg.write_text(drawing, encoding="utf-8")
        except (UsageError, DataError) as error:
            return _apology(str(error)), None, None
        seconds = time.perf_counter() - started
        note = f"{len(sheet.glyphs)} glyphs, written in {seconds:.2f} s"
        return f'{drawing}<p class="note">{note}</p>', str(png), str(svg)


def _within_limits(numbers: Sequence[Any]) -> dict[str, Any]:
    """Brings numbers into their limits: a visitor need not have used the sliders."""
    found = {}
    for (name, limits), number in zip(NUMBERS.items(), numbers, strict=True):
        try:
            number = type(limits.low)(number)
        except (TypeError, ValueError, OverflowError):
            raise UsageError("one of the numbers is missing") from None
        found[name] = min(max(number, limits.low), limits.high)
    return found


def _apology(message: str) -> str:
    """An error as a sentence in HTML."""
    sentence = html.escape(message[:1].upper() + message[1:].rstrip(".") + ".")
    return f'<p class="error" role="alert">{sentence}</p>'


def _build(gr: Any, page: Page, title: str) -> Any:
    """Builds the Gradio app of a run, by its name."""
    examples = page.examples()
    kind, words = examples[0]
    quiet = {"show_progress": "hidden", "api_visibility": "private"}

    def answer(*inputs: Any) -> tuple:
        drawing, *paths = page.write(*inputs)
        return drawing, *(gr.DownloadButton(value=p, interactive=p is not None) for p in paths)

    with gr.Blocks(title="Handwriting", analytics_enabled=False, delete_cache=(600, 600)) as app:
        gr.Markdown(
            "# Handwriting\nA generative network made this hand up. Type, and it writes.\n\n"
            f"Run `{title}` writes: {html.escape(page.writer.alphabet.summary())}"
        )
        with gr.Row():
            with gr.Column(scale=3):
                label, box = "Words or formula", {"lines": 2, "max_lines": 6, "elem_id": "words"}
                wishes = [
                    gr.Radio([TEXT, FORMULA], value=kind, label="What"),
                    gr.Textbox(words, label=label, max_length=MAX_INPUT, **box),
                ]
                drawing = gr.HTML(elem_id="written")
                with gr.Row():
                    off = {"interactive": False, "min_width": 120}
                    png = gr.DownloadButton("Download PNG", elem_id="png", **off)
                    svg = gr.DownloadButton("Download SVG", elem_id="svg", **off)
            with gr.Column(scale=2):
                hidden = {"seed"} if page.writer.reader else {"seed", "best_of"}
                numbers = {
                    name: gr.Slider(
                        *(low, high, first), step=step, label=label, visible=name not in hidden
                    )
                    for name, (label, low, high, first, step) in NUMBERS.items()
                }
                seed = numbers["seed"]
                again = gr.Button("The same once more", elem_id="again")
                again.click(lambda n: n + 1, seed, seed, **quiet)
        gr.Examples(examples, wishes, label="Examples")
        inputs = [*wishes, *numbers.values()]
        events, outputs = [app.load, *(part.change for part in inputs)], [drawing, png, svg]
        gr.on(events, answer, inputs, outputs, trigger_mode="always_last", **quiet)
    return app.queue(max_size=QUEUE, default_concurrency_limit=1)


def import_gradio() -> Any:
    """Imports Gradio with everything turned off that would call home.

    Raises:
        UsageError: If it is not installed.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    logging.getLogger("httpx").setLevel(logging.WARNING)  # notes on talking to itself
    try:
        import gradio
    except ImportError:
        raise UsageError(
            "the page needs Gradio, which is an extra: pip install 'gan_keras[page]' (or `make "
            "page`, which does)"
        ) from None
    return gradio


def launch(writer: Writer, title: str, host: str = "127.0.0.1", port: int = 7860) -> Any:
    """Serves the page of a run, and returns the app with its address in `local_url`.

    Args:
        writer: Writes.
        title: Name of the run.
        host: Address to listen at.
        port: Port; 0 for any that is free.

    Raises:
        DataError: If the port is taken.
        UsageError: If Gradio is not installed.
    """
    gr = import_gradio()
    folder = tempfile.TemporaryDirectory(prefix="handwriting-")
    page = Page(writer, Path(folder.name))
    app = _build(gr, page, title)
    app.downloads = folder  # which goes with the app
    page.write(*page.examples()[0], *(number.first for number in NUMBERS.values()))  # traces
    theme = gr.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"])
    try:
        app.launch(
            server_name=host,
            server_port=port or None,
            share=False,
            quiet=True,
            prevent_thread_lock=True,
            theme=theme,
            css=CSS,
            footer_links=[],
            ssr_mode=False,
            enable_monitoring=False,
            allowed_paths=[folder.name],
            # Else Gradio asks for its own page and gives up, with advice to share it with the
            # world, if the answer takes three seconds: a busy machine or a proxy is enough.
            _frontend=False,
        )
    except OSError as error:
        raise DataError(f"cannot serve at {host}:{port} ({error}); choose another --port") from None
    print(f"writing at {app.local_url} (Ctrl-C ends it)", flush=True)
    return app
