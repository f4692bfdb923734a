"""Take the pictures of the explorer and of the report, with Chromium: ``python -m scripts.screenshot``.

The frozen demo project is shown, the explorer at the version with the alias ``champion``. The bytes depend on the fonts
of the machine, so ``make docs`` does not take them.
"""

import tempfile
import time
from pathlib import Path

from mlflow2prov import load, report, save
from tests.browser import browser
from tests.golden import HERE as GOLDEN

TOP = Path(__file__).resolve().parent.parent
PICTURES = TOP / "docs/pictures"
WIDTH, HEIGHT, REPORT_HEIGHT = 1200, 700, 1000


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, browser() as page:
        (file,) = save(load(GOLDEN / "result.json"), Path(folder) / "result.html")
        page.resize(WIDTH, HEIGHT)
        page.open(file.as_uri())
        page.click("#search")
        page.insert("wine 2")
        page.press("Enter")
        page.evaluate("document.querySelectorAll('#details .actions button')[1].click()")
        page.evaluate("document.activeElement.blur()")
        time.sleep(1)  # The elements move to their places.
        (PICTURES / "explorer.png").write_bytes(page.screenshot())
        file = Path(folder) / "report.html"
        file.write_text(report(load(GOLDEN / "result.json")), "utf-8")
        page.resize(WIDTH, REPORT_HEIGHT)
        page.open(file.as_uri())
        (PICTURES / "report.png").write_bytes(page.screenshot())


if __name__ == "__main__":
    main()
