"""Times the steps of versioning data with several tools; run by tests/bench/data/run, which says what it does."""
import argparse
import contextlib
import filecmp
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

MIB = 1 << 20
MLOPS, DVC, OXEN = os.environ["MLOPS"], os.environ.get("DVC", "dvc"), os.environ.get("OXEN", "python3")
IDENTITY = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
STEPS = ["add", "status", "push", "checkout", "pull in a clone", "second version"]


def sh(text):
    return ["bash", "-ec", text]


# ---- what is versioned -----------------------------------------------------------------------------------------------

def write_random(path, mebibytes):
    with open(path, "wb") as out:
        for _ in range(mebibytes):
            out.write(os.urandom(MIB))


def make_small(root, scale):
    source = random.Random(5)
    for i in range(round(50_000 * scale)):
        folder = root / f"{i % 200:03d}"
        folder.mkdir(exist_ok=True)
        (folder / f"{i:06d}").write_bytes(source.randbytes(source.randint(1024, 32 * 1024)))


def make_large(root, scale):
    write_random(root / "file", max(1, round(2048 * scale)))


def make_paths(root, scale):
    source = random.Random(6)
    for i in range(round(2_000 * scale)):
        (root / f"{i:06d}").write_bytes(source.randbytes(source.randint(1024, 32 * 1024)))


def make_insert(root, scale):
    write_random(root / "file", max(2, round(1024 * scale)))


def insert_mebibyte(root):
    """A new file in the place of the old one, as editors and exporters do."""
    old, new = root / "file", root / "new"
    half = old.stat().st_size // 2
    with open(old, "rb") as source, open(new, "wb") as out:
        copied = 0
        while copied < half:
            copied += out.write(source.read(min(MIB, half - copied)))
        out.write(os.urandom(MIB))
        shutil.copyfileobj(source, out, MIB)
    os.replace(new, old)


# ---- the tools ---------------------------------------------------------------------------------------------------------

class Tool:
    """Commands run in `repo`, where the data is `data`; `remote` and `clone` stand beside it. None: the tool has no such step."""
    name, needs, store = "", "", "repo"
    environment = {}
    setup = commit = status = push = checkout = clone = pull = None
    add_each = None  # every file in `data` as a version of its own
    link = None  # makes the repository take files in, and bring them back, as links
    add = []

    def version(self):
        return subprocess.run([self.needs, "--version"], capture_output=True, text=True).stdout.split("\n")[0].strip()


class Copy(Tool):
    name, needs, store = "cp -r", "cp", "copy"
    add, checkout = sh("cp -r data ../copy"), sh("cp -r ../copy data")

    def version(self):
        return "not synced"


class SyncedCopy(Copy):
    name = "cp -r, synced"
    add, checkout = sh("cp -r data ../copy && sync -f ../copy"), sh("cp -r ../copy data && sync -f data")

    def version(self):
        return "with sync -f"


class Mlops(Tool):
    name, needs, store = "mlops", MLOPS, "repo/.mlops"
    setup = sh(f"git init -q . && '{MLOPS}' -q init && '{MLOPS}' -q remote add origin ../remote")
    add, status, push, checkout = [MLOPS, "-q", "data", "add", "data"], [MLOPS, "-q", "data", "status"], [MLOPS, "-q", "push"], [MLOPS, "-q", "data", "checkout"]
    commit = sh(f"git add -A && git {' '.join(IDENTITY)} commit -qm version")
    clone = sh(f"git clone -q ../repo . && '{MLOPS}' -q remote add origin ../remote")
    pull = [MLOPS, "-q", "pull"]
    add_each = sh(f"'{MLOPS}' -q data add data/*")
    link = sh("echo 'store: {link: hardlink}' >.mlops/config.local.yaml")

    def version(self):
        return subprocess.run([MLOPS, "version"], capture_output=True, text=True).stdout.split()[1]


class Dvc(Tool):
    name, needs, store = "DVC", DVC, "repo/.dvc/cache"
    setup = sh(f"git init -q . && '{DVC}' init -q && '{DVC}' config core.analytics false && mkdir ../remote && '{DVC}' remote add -d origin ../remote")
    add, status, push, checkout = [DVC, "add", "-q", "data"], [DVC, "status", "-q"], [DVC, "push", "-q"], [DVC, "checkout", "-q"]
    commit = Mlops.commit
    clone = sh("git clone -q ../repo .")
    pull = [DVC, "pull", "-q"]
    add_each = sh(f"'{DVC}' add -q data/*")
    link = sh(f"'{DVC}' config --local cache.type hardlink")


class GitLfs(Tool):
    name, needs, store = "git-lfs", "git-lfs", "repo/.git/lfs"
    setup = sh("git init -q . && git init -q --bare ../remote && git config user.name b && git config user.email b@localhost && git lfs install --local >/dev/null && "
               "git remote add origin \"file://$(realpath ../remote)\" && git lfs track 'data/**' >/dev/null")
    add, status, push = sh("git add data .gitattributes"), ["git", "status", "--porcelain"], sh("git push -q origin HEAD")
    commit = sh("git commit -qm version")
    checkout = sh("git checkout -q -- data")
    clone = sh("GIT_LFS_SKIP_SMUDGE=1 git clone -q \"file://$(realpath ../remote)\" .")
    pull = sh("git lfs pull")


class GitAnnex(Tool):
    name, needs, store = "git-annex", "git-annex", "repo/.git/annex"
    setup = sh("git init -q . && git config user.name b && git config user.email b@localhost && git annex init -q one && git init -q --bare ../remote && "
               "git remote add origin \"$(realpath ../remote)\" && git -C ../remote annex init -q two")
    add, push, commit = sh("git annex add -q data"), sh("git annex copy -q --to origin data"), sh("git commit -qm version")
    status = sh("git annex status")
    link = ["true"]  # it always does, symbolically

    def version(self):
        return subprocess.run(["git-annex", "version", "--raw"], capture_output=True, text=True).stdout.strip()


def oxen(text):
    return [OXEN, "-c", f"import oxen; repo = oxen.Repo('.'); {text}"]


class Oxen(Tool):
    """Through its Python library (a third of a second for the import in every step); pushes go only to its own server."""
    name, needs, store = "Oxen", OXEN, "repo/.oxen"
    environment = {"HOME": "../home"}
    setup = oxen("oxen.user.config_user('bench', 'bench@localhost'); repo.init()")
    add, commit, status, checkout = oxen("repo.add('data')"), oxen("repo.commit('version')"), oxen("repo.status()"), oxen("repo.restore('data')")

    def version(self):
        return subprocess.run(oxen("print(oxen.__version__)"), capture_output=True, text=True).stdout.strip()


class Restic(Tool):
    name, needs, store = "restic", "restic", "remote"
    environment = {"RESTIC_PASSWORD": "bench", "RESTIC_REPOSITORY": "../remote", "RESTIC_CACHE_DIR": "../cache"}
    setup, add, checkout = ["restic", "init", "-q"], ["restic", "backup", "-q", "data"], ["restic", "restore", "-q", "latest", "--target", "."]

    def version(self):
        return subprocess.run(["restic", "version"], capture_output=True, text=True).stdout.split()[1]


class Borg(Tool):
    name, needs, store = "borg", "borg", "remote"
    environment = {"BORG_BASE_DIR": "../cache", "BORG_UNKNOWN_UNENCRYPTED_REPO_ACCESS_IS_OK": "yes"}
    setup, add = sh("borg init -e none ../remote"), sh("borg create ../remote::{now} data")
    checkout = sh("borg extract ../remote::$(borg list --short --last 1 ../remote)")


TOOLS = {tool.name.split()[0].lower(): tool for tool in (Mlops(), Dvc(), GitLfs(), GitAnnex(), Oxen(), Restic(), Borg(), Copy())}
TOOLS["synced"] = SyncedCopy()


# ---- measuring ---------------------------------------------------------------------------------------------------------

def timed(command, folder, environment=None):
    """Seconds of one run, and the peak memory of its largest process (MiB)."""
    subprocess.run(["sync"], check=True)
    start = time.perf_counter()
    process = subprocess.Popen(command, cwd=folder, env={**os.environ, **(environment or {})}, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    took = time.perf_counter() - start
    if os.waitstatus_to_exitcode(status) != 0:
        raise RuntimeError(f"{' '.join(map(str, command))[:200]}: {said.decode(errors='replace')[-400:]}")
    return took, usage.ru_maxrss / 1024


def size_of(path):
    return sum(file.lstat().st_size for file in path.rglob("*") if file.is_file() and not file.is_symlink())


def same_trees(a, b):
    compared = filecmp.dircmp(a, b)
    _, other, problems = filecmp.cmpfiles(a, b, compared.common_files, shallow=False)
    return not (compared.left_only or compared.right_only or other or problems) and all(same_trees(a / d, b / d) for d in compared.common_dirs)


def away(kind, repo, top):
    """Deleting a whole directory would leave the disk busy with it."""
    if kind != "paths":
        return (repo / "data").rename(top / "away")
    (top / "away").mkdir()
    for file in (repo / "data").iterdir():
        if file.name.isdigit():
            file.rename(top / "away" / file.name)


def is_back(kind, original, there):
    if kind != "paths":
        return same_trees(original, there)
    return not any(filecmp.cmpfiles(original, there, os.listdir(original), shallow=False)[1:])


def measure(tool, kind, original, top, memory):
    repo, clone, times = top / "repo", top / "clone", {}
    repo.mkdir()
    shutil.copytree(original, repo / "data")

    def step(name, command, folder=repo):
        if command is None:
            return
        environment = {key: value.replace("../", f"{top}/") for key, value in tool.environment.items()}
        times[name], peak = timed(command, folder, environment)
        memory[tool.name] = max(memory.get(tool.name, 0), peak)
        print(f"  {tool.name:10} {kind:7} {name:16} {times[name]:8.2f} s", file=sys.stderr, flush=True)

    step("setup", tool.setup)
    if kind == "linked":
        step("link", tool.link)
    if kind == "insert":
        step("first", tool.add)
        step("commit", tool.commit)
        before = size_of(top / tool.store)
        insert_mebibyte(repo / "data")
        step("second version", tool.add)
        times["stored"] = size_of(top / tool.store) - before
        return times
    step("add", tool.add_each if kind == "paths" else tool.add)
    step("commit", tool.commit)
    time.sleep(2.6)  # until no file's time is too fresh to tell changes by
    step("status", tool.status)
    step("push", tool.push)
    if tool.checkout:
        away(kind, repo, top)
        step("checkout", tool.checkout)
        if not is_back(kind, original, repo / "data"):
            raise RuntimeError(f"{tool.name} brings other bytes back")
    if tool.pull:
        clone.mkdir()
        step("clone", tool.clone, clone)
        if kind == "linked":
            step("link", tool.link, clone)
        step("pull in a clone", tool.pull, clone)
        if not is_back(kind, original, clone / "data"):
            raise RuntimeError(f"{tool.name} pulls other bytes")
    return times


def remove(top):
    if top.exists():
        subprocess.run(["chmod", "-R", "u+w", top], check=True)
        shutil.rmtree(top)


def cell(value, ours):
    return "" if value is None else f"{value:.2f} s" if ours is None or value is ours else f"{value:.2f} s ({value / ours:.1f} ×)"


def print_table(title, tools, results, steps):
    print(f"\n{title}\n\n| | {' | '.join(tool.name for tool in tools)} |\n|{'---|' * (len(tools) + 1)}")
    for name in steps:
        ours = results.get("mlops", {}).get(name)
        print(f"| {name} | {' | '.join(cell(results[tool.name].get(name), ours) for tool in tools)} |")
    if any("stored" in results[tool.name] for tool in tools):
        grown = [f"{(results[tool.name]['stored'] - MIB) / MIB:,.1f} MiB" for tool in tools]
        print(f"| stored beyond the MiB | {' | '.join(grown)} |")


TITLES = {"small": ("{files:,} files of 1–32 KB, {size}:", make_small, STEPS[:5]),
          "paths": ("{files:,} files of 1–32 KB, {size}, each with a pointer of its own:", make_paths, STEPS[:5]),
          "large": ("One file of {size}, which does not shrink:", make_large, STEPS[:5]),
          "linked": ("The same, taken in and brought back as a link (hard links; git-annex: symbolic ones):", make_large, STEPS[:5]),
          "insert": ("A file of {size}, then 1 MiB inserted in its middle:", make_insert, STEPS[5:])}


def compare(options):
    tools = [TOOLS[name] for name in options.tools.split(",")]
    for tool in [tool for tool in tools if not shutil.which(tool.needs)]:
        print(f"{tool.name} is not installed and is left out", file=sys.stderr)
        tools.remove(tool)
    memory = {}
    for kind in options.sets.split(","):
        title, make, steps = TITLES[kind]
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            original = pathlib.Path(folder) / "original"
            original.mkdir()
            make(original, options.scale)
            results = {}
            here = [tool for tool in tools if (kind != "linked" or tool.link) and (kind != "paths" or tool.add_each)]
            with contextlib.ExitStack() as kept:
                for tool in here:
                    top = pathlib.Path(tempfile.mkdtemp(dir=options.work))
                    forget = kept.callback(remove, top)
                    results[tool.name] = measure(tool, kind, original, top, memory)
                    if kind != "small":  # file systems make files slowly for minutes after many were deleted
                        forget(top)
            files = sum(path.is_file() for path in original.rglob("*"))
            print_table(title.format(files=files, size=f"{size_of(original) / MIB:,.0f} MiB"), here, results, steps)
    print("\nVersions: " + "; ".join(f"{tool.name} {tool.version()}" for tool in tools) + ".")
    print("Peak memory of the largest process: " + ", ".join(f"{name} {peak:.0f} MiB" for name, peak in memory.items()) + ".")
    print_machine()


def print_machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    print(f"{os.cpu_count()} processors ({model}), load {os.getloadavg()[0]:.1f} at the end, Linux {os.uname().release}.")


# ---- S3 ------------------------------------------------------------------------------------------------------------------

class S3:
    def __init__(self, top):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        (top / "buckets" / "team").mkdir(parents=True)
        (top / "buckets" / "copies").mkdir()
        self.endpoint = f"http://127.0.0.1:{self.port}"
        self.environment = {"AWS_ACCESS_KEY_ID": "bench", "AWS_SECRET_ACCESS_KEY": "bench-secret", "AWS_REGION": "us-east-1", "S3_ENDPOINT_URL": self.endpoint,
                            "RCLONE_CONFIG_S_TYPE": "s3", "RCLONE_CONFIG_S_PROVIDER": "Other", "RCLONE_CONFIG_S_ENV_AUTH": "true", "RCLONE_CONFIG_S_ENDPOINT": self.endpoint}
        self.process = subprocess.Popen([os.environ["S3_SERVER"], "--port", f"127.0.0.1:{self.port}", "--region", "us-east-1", "posix", str(top / "buckets")],
                                        env={**os.environ, "ROOT_ACCESS_KEY": "bench", "ROOT_SECRET_KEY": "bench-secret"}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def compare_s3(options):
    """The copiers move the packs that mlops moves: the same bytes in the same objects."""
    os.environ.pop("AWS_CA_BUNDLE", None)  # rclone refuses to start with it; nothing here is https
    copiers = {"rclone": (["rclone", "copy", "-q", "--transfers", "16", "--checkers", "16"], "s:copies/packs"),
               "s5cmd": (["s5cmd", "cp"], "s3://copies/packs/")}
    print("\n| over S3 | mlops | " + " | ".join(name for name in copiers if shutil.which(name)) + " |\n|" + "---|" * (2 + sum(bool(shutil.which(name)) for name in copiers)))
    for kind in [kind for kind in options.sets.split(",") if kind in ("small", "large")]:
        with tempfile.TemporaryDirectory(dir=options.work) as folder:
            top = pathlib.Path(folder)
            repo, clone = top / "repo", top / "clone"
            (repo / "data").mkdir(parents=True)
            clone.mkdir()
            TITLES[kind][1](repo / "data", options.scale)
            server = S3(top)
            try:
                subprocess.run(sh(f"git init -q . && '{MLOPS}' -q init && '{MLOPS}' -q remote add origin 's3://team/x?endpoint={server.endpoint}' && '{MLOPS}' -q data add data && "
                                  f"git add -A && git {' '.join(IDENTITY)} commit -qm version && git clone -q . ../clone && cd ../clone && "
                                  f"'{MLOPS}' -q remote add origin 's3://team/x?endpoint={server.endpoint}'"), cwd=repo, env={**os.environ, **server.environment}, check=True)
                pushed = timed(Mlops.push, repo, server.environment)[0]
                pulled = timed([MLOPS, "-q", "pull", "--no-checkout"], clone, server.environment)[0]
                subprocess.run([MLOPS, "-q", "data", "checkout"], cwd=clone, check=True)
                if not same_trees(repo / "data", clone / "data"):
                    raise RuntimeError("mlops pulls other bytes")
                ours, theirs = [pushed, pulled], {}
                for name, (command, there) in copiers.items():
                    if shutil.which(name):
                        here = [str(repo / ".mlops/store/packs"), there] if name == "rclone" else [f"{repo}/.mlops/store/packs/", there]
                        back = [there, str(top / name)] if name == "rclone" else [there + "*", f"{top}/{name}/"]
                        theirs[name] = [timed(command + here, top, server.environment)[0], timed(command + back, top, server.environment)[0]]
                files = sum(path.is_file() for path in (repo / "data").rglob("*"))
                data = f"{files:,} file{'s' if files > 1 else ''}, {size_of(repo / 'data') / MIB:,.0f} MiB"
                for i, what in enumerate(["push, every object verified", "pull into the store, verified and synced"]):
                    print(f"| {what}: {data} | {ours[i]:.2f} s | " +
                          " | ".join(f"{times[i]:.2f} s ({times[i] / ours[i]:.1f} ×)" for times in theirs.values()) + " |", flush=True)
            finally:
                server.stop()
    print_machine()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tools", default=",".join(TOOLS))
    parser.add_argument("--sets", default="small,paths,large,linked,insert")
    parser.add_argument("--scale", type=float, default=1)
    parser.add_argument("--work", default=None)
    parser.add_argument("--s3", action="store_true")
    options = parser.parse_args()
    compare_s3(options) if options.s3 else compare(options)


if __name__ == "__main__":
    main()
