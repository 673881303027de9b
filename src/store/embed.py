"""Writes migrations as C: embed.py ENGINE OUT FILE..., files being NNNN_name.up.sql and NNNN_name.down.sql."""
import pathlib
import sys

engine, out, *files = sys.argv[1:]
texts = {pathlib.Path(f).name: pathlib.Path(f).read_text() for f in files}
rows = []
for name in sorted(n for n in texts if n.endswith(".up.sql")):
    stem = name[: -len(".up.sql")]
    down = stem + ".down.sql"
    if down not in texts:
        sys.exit(f"{name} has no way back: {down} is missing")
    number, title = stem.split("_", 1)

    def literal(sql):
        lines = (line.replace("\\", "\\\\").replace('"', '\\"') for line in sql.splitlines())
        return "\n".join(f'        "{line}\\n"' for line in lines)

    rows.append(f'    {{ {int(number)}, "{title}",\n{literal(texts[name])},\n{literal(texts[down])} }},\n')
pathlib.Path(out).write_text(
    f'#include "store/migrate.h"\n\nconst struct migration {engine}_migrations[] = {{\n' + "".join(rows) + "    { .name = NULL },\n};\n"
)
