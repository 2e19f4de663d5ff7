# SPDX-License-Identifier: MIT
"""
debian.py - packages of other releases and other machines, without touching the system's.

The archive is the one that this machine itself uses: its sources say where it is. Lists and
downloads live in a folder of ours, which apt is pointed to.
"""
import glob
import json
import os
import re
import subprocess
import sys
import time

LISTS_ARE_FRESH = 24 * 3600  # seconds
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"


class Failed(Exception):
    """What went wrong, in words for the user."""


def run(command, **options):
    """Runs a command and returns what it printed. If it fails, so do we, with its words."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, errors="replace", check=False, **options)
    except OSError as error:
        raise Failed(f"{command[0]}: {error}") from error
    if done.returncode:
        last = "\n".join(done.stdout.splitlines()[-30:])
        raise Failed(f"{' '.join(command)}\nended with status {done.returncode}:\n{last}")
    return done.stdout


def archives():
    """The addresses of Debian's archive and of its security archive, as this machine has them."""
    said = run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)",
                "Identifier: Packages"])
    found = {}
    for line in said.splitlines():
        address, _, release = line.partition(" ")
        if re.search(r"/debian(-security)?/?$", address):
            found.setdefault(release.endswith("-security"), address)
    if False not in found:
        raise Failed("The sources of apt name no archive of Debian to take kernels from.")
    found.setdefault(True, re.sub(r"/debian/?$", "/debian-security/", found[False]))
    return found


def by_number(name):
    """A key that sorts 6.9 before 6.12."""
    return [int(number) for number in re.findall(r"\d+", name)]


class Packages:
    """The packages of some suites for one architecture, below the folder @top."""

    def __init__(self, top, architecture, suites):
        self.top = os.path.abspath(os.path.join(top, architecture))
        self.architecture = architecture
        for folder in ("lists/partial", "cache/archives/partial", "debs", "unpacked"):
            os.makedirs(os.path.join(self.top, folder), exist_ok=True)
        self.update(suites)

    def apt(self, tool, *words, **options):
        top = self.top
        return run([tool, "-q",
                    "-o", f"Dir::Etc::sourcelist={top}/sources.list",
                    "-o", "Dir::Etc::sourceparts=/dev/null",
                    "-o", f"Dir::State::lists={top}/lists",
                    "-o", f"Dir::Cache={top}/cache",
                    "-o", "Dir::State::status=/dev/null",
                    "-o", f"APT::Architecture={self.architecture}",
                    "-o", f"APT::Architectures={self.architecture}",
                    "-o", "APT::Sandbox::User=",
                    "-o", "Acquire::Languages=none",
                    "-o", "Acquire::Check-Valid-Until=false",  # archived suites
                    *words], **options)

    def update(self, suites):
        address = archives()
        signed = f"[signed-by={KEYRING}] " if os.path.exists(KEYRING) else ""
        lines = "".join(
            f"{kind} {signed}{address[suite.endswith('-security')]} {suite} main\n"
            for suite in suites for kind in ("deb", "deb-src"))
        path = os.path.join(self.top, "sources.list")
        stamp = os.path.join(self.top, "updated")
        try:
            with open(path, encoding="utf-8") as file:
                same = file.read() == lines
            if same and time.time() - os.path.getmtime(stamp) < LISTS_ARE_FRESH:
                return
        except OSError:
            pass
        with open(path, "w", encoding="utf-8") as file:
            file.write(lines)
        self.remember({})
        try:
            self.apt("apt-get", "update")
        except Failed as error:
            # One suite may be missing for a while. Then there is an older kernel, or none.
            why = [line for line in str(error).splitlines() if line.startswith("E:")]
            print("Going on with the lists that could be had:", *why, sep="\n", file=sys.stderr)
            return
        with open(stamp, "w", encoding="utf-8"):
            pass

    def remember(self, answers):
        with open(os.path.join(self.top, "answers.json"), "w", encoding="utf-8") as file:
            json.dump(answers, file, indent=1)

    def ask(self, *words):
        """What apt-cache says. It takes its time with so many suites, so we write it down."""
        try:
            with open(os.path.join(self.top, "answers.json"), encoding="utf-8") as file:
                answers = json.load(file)
        except FileNotFoundError:
            answers = {}
        question = " ".join(words)
        if question not in answers:
            answers[question] = self.apt("apt-cache", *words)
            self.remember(answers)
        return answers[question]

    def newest(self, *patterns):
        """Of the packages whose whole names match a pattern, the one with the highest number."""
        said = self.ask("search", "--names-only",
                        "|".join(f"^{pattern}$" for pattern in patterns))
        names = [line.split()[0] for line in said.splitlines() if line.strip()]
        if not names:
            raise Failed(f"The archive has no package called {' or '.join(patterns)} "
                         f"for {self.architecture}.")
        return max(names, key=by_number)

    def unpack(self, name):
        """Downloads a package and unpacks it, unless that was done. Its folder and version."""
        said = self.ask("policy", name)
        version = re.search(r"Candidate: (\S+)", said)[1]
        folder = os.path.join(self.top, "unpacked", f"{name}_{version}")
        if not os.path.exists(folder):
            debs = os.path.join(self.top, "debs")
            self.apt("apt-get", "download", name, cwd=debs)
            deb, = glob.glob(f"{glob.escape(os.path.join(debs, name))}_*.deb")
            run(["dpkg-deb", "-x", deb, folder + ".part"])
            os.rename(folder + ".part", folder)
            os.unlink(deb)
        return folder, version

    def source(self, name):
        """Downloads a source package and unpacks it, unless that was done. Its folder."""
        folder = os.path.join(self.top, "source", name)
        if not os.path.exists(folder):
            os.makedirs(folder + ".part", exist_ok=True)
            self.apt("apt-get", "--only-source", "source", name, cwd=folder + ".part")
            os.rename(folder + ".part", folder)
        return next(path for path in glob.glob(folder + "/*") if os.path.isdir(path))
