"""Known vulnerabilities in what the server installs, by pip-audit; exit code 1 when there are any.

Where the advisories cannot be had (no network, a registry without them) it says so and passes: that
is no finding, and no clean bill either.
"""

import json
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent

ran = subprocess.run(  # noqa: S603
    [
        sys.executable, "-m", "pip_audit", "--requirement", str(HERE / "server.txt"),
        "--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off",
    ],
    capture_output=True,
    text=True,
)  # fmt: skip
try:
    packages = json.loads(ran.stdout)["dependencies"]
except ValueError:
    packages = []
asked = [package for package in packages if "skip_reason" not in package]
found = [package for package in asked if package["vulns"]]
for package in found:
    for advisory in package["vulns"]:
        fixed = ", ".join(advisory["fix_versions"]) or "no version yet"
        print(f"{package['name']} {package['version']}: {advisory['id']}, mended in {fixed}")
if not asked:
    why = "" if packages else ran.stderr.strip()[-300:]
    unknown = f"nothing is known of {len(packages)} packages {why}"
    print("AUDIT SKIPPED: the advisories could not be had;", unknown, file=sys.stderr)
elif len(asked) < len(packages):
    print("AUDIT: nothing is known of", len(packages) - len(asked), "packages", file=sys.stderr)
sys.exit(bool(found))
