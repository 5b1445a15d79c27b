"""What keeps people out of a page, as axe-core finds it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "node_modules/axe-core/axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: npm ci")

# Colours on their way are pale, and what fades in is paler: all that ends has to have ended, and
# have started nothing else, for a dozen frames in a row.
REST = """async () => {
  const frame = () => new Promise((done) => requestAnimationFrame(done));
  const moving = () => document.getAnimations().filter((one) =>
    one.playState === 'running' && Number.isFinite(one.effect?.getComputedTiming().endTime));
  await document.fonts.ready;
  for (let still = 0; still < 12; still += 1) {
    await frame();
    const busy = moving();
    if (busy.length) {
      still = -1;
      await Promise.allSettled(busy.map((one) => one.finished));
    }
  }
}"""
SERIOUS = """async () => {
  const { violations } = await axe.run(document, { resultTypes: ['violations'] });
  return violations
    .filter(({ impact }) => impact === 'serious' || impact === 'critical')
    .flatMap(({ id, nodes }) => nodes.map((node) =>
      `${id}: ${node.target.join(' ')}: ${node.failureSummary}`));
}"""


def barriers(page: Page) -> list[str]:
    """What axe-core finds serious or worse once the page has come to rest, with where and why."""
    page.evaluate(REST)
    page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(SERIOUS)
    return found
