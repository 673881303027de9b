import { useId, useMemo, useRef, useState, type ReactNode } from "react";
import { useQuery } from "@tanstack/react-query";
import { Dialog } from "radix-ui";
import { FileText, FileUp, KeyRound, MessageSquare, MessageSquarePlus, Moon, Search, Sun } from "lucide-react";
import { useLocation } from "wouter";
import { Kbd, useTheme } from "@tenon/ui";
import { useMe } from "../features/auth/me";
import { conversationsQuery } from "../features/conversations/queries";
import { documentsQuery } from "../features/knowledge/queries";
import { SETTINGS, SETTINGS_SECTIONS, destinationsFor } from "./destinations";
import styles from "./palette.module.css";

type Command = { id: string; group: string; label: string; words: string; icon: ReactNode; run: () => void };

export default function Palette({ onClose }: { onClose: () => void }) {
  const [, navigate] = useLocation();
  const { user, permissions } = useMe();
  const { theme, choose } = useTheme();
  const [wanted, setWanted] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const list = useRef<HTMLDivElement>(null);
  const conversations = useQuery(conversationsQuery(1));
  const documents = useQuery(documentsQuery({ page: 1 }));

  const commands = useMemo<Command[]>(() => {
    const go = (path: string) => () => navigate(path);
    return [
      { id: "ask", group: "Actions", label: "New conversation", words: "ask chat question", icon: <MessageSquarePlus />, run: go("/chat") },
      { id: "upload", group: "Actions", label: "Upload documents", words: "add file knowledge", icon: <FileUp />, run: go("/documents?add=files") },
      { id: "key", group: "Actions", label: "Create an API key", words: "token new", icon: <KeyRound />, run: go("/keys?new=key") },
      theme === "dark"
        ? { id: "theme", group: "Actions", label: "Use the light theme", words: "appearance mode bright", icon: <Sun />, run: () => choose("light") }
        : { id: "theme", group: "Actions", label: "Use the dark theme", words: "appearance mode night", icon: <Moon />, run: () => choose("dark") },
      ...[...destinationsFor(user).flatMap(({ places }) => places), SETTINGS].map((place) => ({
        id: place.path, group: "Go to", label: place.label, words: place.words, icon: place.icon, run: go(place.path),
      })),
      ...SETTINGS_SECTIONS.filter(({ needs }) => !needs || permissions.includes(needs)).map(({ label: section, words }) => ({
        id: `settings-${section}`, group: "Settings", label: section, words, icon: SETTINGS.icon, run: go(`/settings/${section.toLowerCase()}`),
      })),
      ...(conversations.data?.data ?? []).map((conversation) => ({
        id: conversation.id, group: "Conversations", label: conversation.title ?? "New conversation", words: "", icon: <MessageSquare />, run: go(`/chat/${conversation.id}`),
      })),
      ...(documents.data?.data ?? []).map((document) => ({
        id: document.id, group: "Documents", label: document.title, words: document.file_name ?? "", icon: <FileText />, run: go(`/documents/${document.id}`),
      })),
    ];
  }, [navigate, user, permissions, theme, choose, conversations.data, documents.data]);

  const parts = wanted.toLowerCase().split(/\s+/).filter(Boolean);
  const shown = parts.length
    ? commands.filter((command) => parts.every((part) => `${command.label} ${command.words} ${command.group}`.toLowerCase().includes(part))).slice(0, 20)
    : commands.filter((command) => command.group === "Actions" || command.group === "Go to");
  const active = Math.min(at, shown.length - 1);

  const run = (command: Command | undefined) => {
    if (!command) return;
    onClose();
    command.run();
  };

  const move = (to: number) => {
    const next = (to + shown.length) % shown.length;
    setAt(next);
    list.current?.querySelector(`[data-at="${next}"]`)?.scrollIntoView({ block: "nearest" });
  };

  const onKeyDown = (event: React.KeyboardEvent) => {
    const to = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: shown.length - 1 }[event.key];
    if (to !== undefined && shown.length > 0) {
      event.preventDefault();
      move(to);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      run(shown[active]);
    }
  };

  return (
    <Dialog.Root open onOpenChange={(open) => !open && onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className={styles.scrim} />
        <Dialog.Content className={styles.palette} aria-describedby={undefined}>
          <Dialog.Title className="visually-hidden">Search and commands</Dialog.Title>
          <div className={styles.query}>
            <Search size={17} aria-hidden />
            <input
              role="combobox"
              aria-expanded="true"
              aria-controls={listId}
              aria-activedescendant={shown[active] ? `${listId}-${active}` : undefined}
              aria-label="Search pages, conversations and documents"
              placeholder="Search pages, conversations and documents"
              value={wanted}
              onChange={(event) => {
                setWanted(event.target.value);
                setAt(0);
              }}
              onKeyDown={onKeyDown}
            />
            <Kbd>Esc</Kbd>
          </div>
          <div className={styles.list} id={listId} role="listbox" aria-label="Results" ref={list}>
            {shown.map((command, index) => (
              <div key={command.id}>
                {command.group !== shown[index - 1]?.group && (
                  <div className={styles.group} aria-hidden>
                    {command.group}
                  </div>
                )}
                <div
                  id={`${listId}-${index}`}
                  data-at={index}
                  role="option"
                  aria-selected={index === active}
                  className={styles.option}
                  onPointerMove={() => setAt(index)}
                  onClick={() => run(command)}
                >
                  {command.icon}
                  <span>{command.label}</span>
                </div>
              </div>
            ))}
            {shown.length === 0 && <p className={styles.none}>Nothing is called that.</p>}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
