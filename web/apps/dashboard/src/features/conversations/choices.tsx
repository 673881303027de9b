import { useState } from "react";
import { useQuery } from "@tanstack/react-query";
import { ChevronDown, Cpu, Library, Pencil } from "lucide-react";
import type { Model } from "@tenon/api";
import { Button, Dialog, Field, Input, Menu, MenuChoice, MenuItem, MenuLabel, MenuSeparator } from "@tenon/ui";
import { dollars } from "../../app/format";
import { collectionsQuery } from "../knowledge/queries";
import styles from "./composer.module.css";

function priceOf(model: Model): string {
  if (model.provider === "builtin") return "Built in, works offline, free";
  if (model.input_micros === null || model.output_micros === null) return model.provider;
  return `${dollars(model.input_micros)} in, ${dollars(model.output_micros)} out per million tokens`;
}

export function ModelMenu({ models, chosen, onChoose }: { models: readonly Model[]; chosen: string | null; onChoose: (id: string) => void }) {
  const [naming, setNaming] = useState(false);
  return (
    <>
      <Menu
        align="start"
        side="top"
        wide
        trigger={
          <Button tone="quiet" size="sm" icon={<Cpu />} disabled={models.length === 0} className={styles.choice}>
            <span className={styles.chosen}>{chosen ?? "Model"}</span>
            <ChevronDown />
          </Button>
        }
      >
        <MenuLabel>Model that answers</MenuLabel>
        {models.map((model) => (
          <MenuChoice key={model.id} checked={model.id === chosen} detail={priceOf(model)} onSelect={() => onChoose(model.id)}>
            {model.id}
          </MenuChoice>
        ))}
        {chosen && !models.some((model) => model.id === chosen) && (
          <MenuChoice checked onSelect={() => undefined}>
            {chosen}
          </MenuChoice>
        )}
        <MenuSeparator />
        <MenuItem icon={<Pencil />} onSelect={() => setNaming(true)}>
          Another model
        </MenuItem>
      </Menu>
      {naming && <NameModel onChoose={onChoose} onClose={() => setNaming(false)} />}
    </>
  );
}

/** The catalogue does not know every model of every service, least of all of those that are run at home. */
function NameModel({ onChoose, onClose }: { onChoose: (id: string) => void; onClose: () => void }) {
  const [name, setName] = useState("");
  const fit = /^[^\s/]+\/\S+$/.test(name.trim());
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Another model"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="name-model" disabled={!fit}>
            Use it
          </Button>
        </>
      }
    >
      <form
        id="name-model"
        onSubmit={(event) => {
          event.preventDefault();
          if (!fit) return;
          onChoose(name.trim());
          onClose();
        }}
      >
        <Field label="Model" hint="The provider's name, a slash, and the model as the provider calls it.">
          <Input autoFocus value={name} maxLength={200} placeholder="ollama/qwen3" onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}

/** A conversation keeps the collections it was begun with; then `onChange` is null and they are only shown. */
export function CollectionMenu({ chosen, onChange }: { chosen: readonly string[]; onChange: ((ids: readonly string[]) => void) | null }) {
  const collections = useQuery(collectionsQuery).data ?? [];
  if (collections.length === 0 || (!onChange && chosen.length === 0)) return null;
  const names = collections.filter((collection) => chosen.includes(collection.id)).map((collection) => collection.name);
  const text = names.length === 0 ? "All documents" : names.join(", ");
  if (!onChange) {
    return (
      <span className={styles.fixed}>
        <Library size={15} aria-hidden />
        {text}
      </span>
    );
  }
  return (
    <Menu
      align="start"
      side="top"
      trigger={
        <Button tone="quiet" size="sm" icon={<Library />} className={styles.choice}>
          <span className={styles.chosen}>{text}</span>
          <ChevronDown />
        </Button>
      }
    >
      <MenuLabel>Search in</MenuLabel>
      <MenuChoice checked={chosen.length === 0} onSelect={() => onChange([])} stay>
        All documents
      </MenuChoice>
      {collections.map(({ id, name }) => (
        <MenuChoice key={id} checked={chosen.includes(id)} stay onSelect={() => onChange(chosen.includes(id) ? chosen.filter((other) => other !== id) : [...chosen, id])}>
          {name}
        </MenuChoice>
      ))}
    </Menu>
  );
}
