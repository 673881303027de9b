/** The application under Vite with the mock behind it. */
import { spawn } from "node:child_process";
import { start } from "./server.mjs";

await start(3000);
spawn("npm", ["run", "dev", "-w", "@tenon/dashboard"], { stdio: "inherit" }).on("exit", (code) => process.exit(code ?? 0));
