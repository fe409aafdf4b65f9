"""The web page that writes, served by Gradio with everything off that would call elsewhere."""

import contextlib
import dataclasses
import html
import logging
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from gan_keras.foundation.errors import DataError, UsageError
from gan_keras.writing import formula_layout, hand_styles
from gan_keras.writing.alphabet import check_length
from gan_keras.writing.handwriter import Options, Writer

MAX_INPUT = 400  # characters that a visitor may have written at once
LINE = 760  # pixels
QUEUE = 16  # visitors that may wait
TEXT, FORMULA = "Text", "LaTeX formula"


# Numbers that a visitor may choose: label, limits, first value and step.
NUMBERS = {
    "style": ("Hand", 0, 9999, 1, 1),
    "towards": ("Other hand", 0, 9999, 2, 1),
    "blend": ("From the one to the other", 0.0, 1.0, 0.0, 0.05),
    "variation": ("Variation", hand_styles.MIN_VARIATION, 1.0, Options.variation, 0.05),
    "size": ("Size", 24, 120, 64, 4),  # pixels per em
    "best_of": ("Proof-reading: best of", 1, 8, 1, 1),
    "seed": ("Page", 0, 2**31 - 1, 0, 1),
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

    def write(self, kind: str, words: str, *numbers: Any) -> tuple[str, str | None, str | None]:
        """Writes words of a kind (`TEXT` or `FORMULA`), with numbers in the order of `NUMBERS`.

        The sliders have checked the numbers.

        Returns:
            HTML, and the paths of a PNG and an SVG; None for both after a mistake, which the HTML
            then says in a sentence.
        """
        started = time.perf_counter()
        chosen: dict[str, Any] = dict(zip(NUMBERS, numbers, strict=True))
        try:
            check_length(words, MAX_INPUT, "text or formula")
            best_of = chosen["best_of"] if self.writer.reader else 1
            options = Options(chosen["variation"], best_of, chosen["seed"], LINE / chosen["size"])
            hand = self.writer.hand(chosen["style"])
            if chosen["blend"]:
                other = self.writer.hand(chosen["towards"])
                hand = hand_styles.between(hand, other, chosen["blend"])
            write = self.writer.write_latex if kind == FORMULA else self.writer.write_text
            sheet = write(words, hand, options)
            png, svg = self.folder / "writing.png", self.folder / "writing.svg"
            for path in (png, svg):
                sheet.write(path, chosen["size"])
        except (UsageError, DataError) as error:
            message = html.escape(str(error).rstrip("."))
            sentence = message[:1].upper() + message[1:] + "."
            return f'<p class="error" role="alert">{sentence}</p>', None, None
        note = f"{len(sheet.glyphs)} glyphs, written in {time.perf_counter() - started:.2f} s"
        drawing = svg.read_text(encoding="utf-8")
        return f'{drawing}<p class="note">{note}</p>', str(png), str(svg)


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
                numbers = {}
                for name, (label, low, high, first, step) in NUMBERS.items():
                    steps = {"step": step, "precision": 2 if step < 1 else 0}
                    shown = {"label": label, "visible": name not in hidden}
                    numbers[name] = gr.Slider(low, high, first, **steps, **shown)
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
    written, copies = (Path(folder.name) / name for name in ("written", "copies"))
    written.mkdir()
    os.environ["GRADIO_TEMP_DIR"] = str(copies)  # of what is handed out
    page = Page(writer, written)
    app = _build(gr, page, title)
    app.downloads = folder  # which goes with the app
    kind, words = page.examples()[0]
    page.write(kind, words, *(number[3] for number in NUMBERS.values()))  # traces functions
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
            allowed_paths=[str(written)],
            max_file_size=0,  # nobody has to send any
            # Else Gradio asks for its own page and gives up, with advice to share it with the
            # world, if the answer takes three seconds: a busy machine or a proxy is enough.
            _frontend=False,
        )
    except OSError as error:
        raise DataError(f"cannot serve at {host}:{port} ({error}); choose another --port") from None
    print(f"writing at {app.local_url} (Ctrl-C ends it)", flush=True)
    return app
