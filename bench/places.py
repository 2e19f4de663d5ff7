# SPDX-License-Identifier: MIT
"""places.py - the files that are read: one big one, a tree of small ones. Made once, and kept."""
import os
import shutil

import cp
import measure

DROP = cp.DROP


class Place:
    def __init__(self, top, quick):
        self.top = top
        self.quick = quick
        self.small_count = 2000 if quick else 50000
        self.big_mib = 64 if quick else 1024

    def path(self, name):
        return os.path.join(self.top, name + ("-quick" if self.quick else ""))

    def check_room(self, mib):
        os.makedirs(self.top, exist_ok=True)
        free = shutil.disk_usage(self.top).free >> 20
        if free < mib * 2:
            raise measure.Missing(f"{self.top} has {free} MiB free, which is too little")

    def big(self):
        """A file for random reads."""
        path = self.path("big")
        if not os.path.exists(path) or os.stat(path).st_size != self.big_mib << 20:
            self.check_room(self.big_mib)
            cp.make_file(path, self.big_mib / 1024)
            os.sync()
        return path

    def small(self):
        """The tree of small files."""
        path, marker = self.path("small"), self.path("small.list")
        if not os.path.exists(marker):
            self.check_room(self.small_count // 50)
            shutil.rmtree(path, ignore_errors=True)
            cp.make_tree(path, self.small_count)
            os.sync()
            names = sorted(os.path.join(folder, name) for folder, _, files in os.walk(path)
                           for name in files)
            with open(marker, "w", encoding="utf-8") as file:
                file.write("\n".join(names) + "\n")
        return path

    def small_list(self):
        self.small()
        return self.path("small.list")


def can_drop():
    return os.access(DROP, os.W_OK)


def drop():
    if not can_drop():
        raise measure.Missing(f"{DROP} is for root")
    cp.drop_caches()
