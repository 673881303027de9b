import { useState } from "react";
import type { UseMutationResult } from "@tanstack/react-query";
import { Button, Dialog, Field, Input } from "@tenon/ui";
import { FormProblem, faultOf } from "./failure";

export function RenameDialog<T>({ title, name, field, mutation, onClose }: {
  title: string;
  name: string;
  /** The API's word for the name, whose faults stand under the input. */
  field: string;
  mutation: UseMutationResult<T, Error, string>;
  onClose: () => void;
}) {
  const [next, setNext] = useState(name);
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={title}
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="rename" busy={mutation.isPending} disabled={!next.trim() || next.trim() === name}>
            Save
          </Button>
        </>
      }
    >
      <form
        id="rename"
        onSubmit={(event) => {
          event.preventDefault();
          if (next.trim() && next.trim() !== name) mutation.mutate(next.trim());
        }}
      >
        <FormProblem error={mutation.error} shown={[field]} />
        <Field label="Name" error={faultOf(mutation.error, field)}>
          <Input value={next} maxLength={255} onChange={(event) => setNext(event.target.value)} onFocus={(event) => event.target.select()} />
        </Field>
      </form>
    </Dialog>
  );
}
