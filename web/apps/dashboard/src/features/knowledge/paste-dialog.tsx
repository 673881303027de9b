import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data } from "@tenon/api";
import { Button, Dialog, Field, Input, Textarea, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { documentsKey } from "./queries";

export function PasteDialog({ collectionId, onClose }: { collectionId: string; onClose: () => void }) {
  const [title, setTitle] = useState("");
  const [text, setText] = useState("");
  const client = useQueryClient();
  const add = useMutation({
    mutationFn: () => data(api.POST("/api/knowledge/documents", { body: { title: title.trim(), text, ...(collectionId && { collection_id: collectionId }) } })),
    onSuccess: (document) => {
      void client.invalidateQueries({ queryKey: documentsKey });
      void client.invalidateQueries({ queryKey: ["dashboard"] });
      toast.done("Document added", document.title);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      size="lg"
      title="Paste text"
      description="Plain text or Markdown. Headings become the headings of its passages."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit" form="paste" busy={add.isPending} disabled={!title.trim() || !text.trim()}>
            Add document
          </Button>
        </>
      }
    >
      <form
        id="paste"
        className="stack"
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate();
        }}
      >
        <FormProblem error={add.error} shown={["title", "text"]} />
        <Field label="Title" error={faultOf(add.error, "title")}>
          <Input value={title} maxLength={255} onChange={(event) => setTitle(event.target.value)} />
        </Field>
        <Field label="Text" error={faultOf(add.error, "text")}>
          <Textarea rows={12} value={text} onChange={(event) => setText(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
