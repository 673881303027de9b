import { useState, type ReactNode } from "react";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api, data } from "@tenon/api";
import { Button, Card, ConfirmDialog, Dialog, Field, Input, Select, toast } from "@tenon/ui";
import { FormProblem, faultOf, tellFailure } from "../../app/failure";
import { onDate } from "../../app/format";
import { meKey, useMoveSession, useMe } from "../auth/me";
import settings from "../settings/settings.module.css";
import { membersKey, membersQuery } from "./queries";

/** Leaving, handing over and deleting: what takes the organization away from somebody. */
export function Ownership() {
  const { organization } = useMe();
  const [open, setOpen] = useState<"leave" | "transfer" | "delete" | null>(null);
  const [, navigate] = useLocation();
  const move = useMoveSession();
  const owner = organization.role === "owner";
  const leave = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/leave", { params: { path: { id: organization.id } } })),
    onSuccess: async (home) => {
      setOpen(null);
      navigate("/");
      await move(organization.id);
      toast.done(`You left ${organization.name}`, `You are in ${home.name} now.`);
    },
    onError: tellFailure("You cannot leave"),
  });
  return (
    <Card title="Membership" flush>
      <ul className={settings.rows}>
        {owner && (
          <Row title="Hand over" detail="Make another member the owner and become an administrator.">
            <Button size="sm" onClick={() => setOpen("transfer")}>
              Hand over
            </Button>
          </Row>
        )}
        <Row title="Leave" detail="You are signed out of it and need an invitation to come back.">
          <Button size="sm" onClick={() => setOpen("leave")}>
            Leave
          </Button>
        </Row>
        {owner && (
          <Row title="Delete" detail="Nobody gets in any more. For 30 days it can be restored.">
            <Button size="sm" tone="danger" onClick={() => setOpen("delete")}>
              Delete
            </Button>
          </Row>
        )}
      </ul>
      <ConfirmDialog
        open={open === "leave"}
        onOpenChange={(next) => !next && setOpen(null)}
        title={`Leave ${organization.name}?`}
        description="What you made stays in the organization. You see nothing of it any more."
        action="Leave organization"
        busy={leave.isPending}
        onConfirm={() => leave.mutate()}
      />
      {open === "transfer" && <TransferDialog onClose={() => setOpen(null)} />}
      {open === "delete" && <DeleteDialog onClose={() => setOpen(null)} />}
    </Card>
  );
}

function Row({ title, detail, children }: { title: string; detail: string; children: ReactNode }) {
  return (
    <li className={settings.row}>
      <div className={settings.rowText}>
        <div className={settings.rowTitle}>{title}</div>
        <div className={settings.rowSub}>{detail}</div>
      </div>
      {children}
    </li>
  );
}

function TransferDialog({ onClose }: { onClose: () => void }) {
  const { organization, user } = useMe();
  const [next, setNext] = useState("");
  const client = useQueryClient();
  const others = (useQuery(membersQuery(organization.id, 1, "")).data?.data ?? []).filter((member) => member.user_id !== user.id);
  const transfer = useMutation({
    mutationFn: () => data(api.POST("/api/orgs/{id}/transfer", { params: { path: { id: organization.id } }, body: { user_id: next } })),
    onSuccess: (member) => {
      void client.invalidateQueries({ queryKey: meKey });
      void client.invalidateQueries({ queryKey: membersKey });
      void client.invalidateQueries({ queryKey: ["organization"] });
      toast.done("Handed over", `${member.name} is the owner now.`);
      onClose();
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Hand ${organization.name} over`}
      description="They become its owner and you an administrator. Only they can give it back."
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="danger" type="submit" form="transfer" busy={transfer.isPending} disabled={!next}>
            Hand over
          </Button>
        </>
      }
    >
      <form
        id="transfer"
        onSubmit={(event) => {
          event.preventDefault();
          transfer.mutate();
        }}
      >
        <FormProblem error={transfer.error} shown={["user_id"]} />
        <Field label="New owner" error={faultOf(transfer.error, "user_id")} hint={others.length === 0 ? "There is nobody else yet: invite somebody first." : undefined}>
          <Select value={next} onChange={(event) => setNext(event.target.value)}>
            <option value="">Choose a member</option>
            {others.map((member) => (
              <option key={member.user_id} value={member.user_id}>
                {member.name} ({member.email})
              </option>
            ))}
          </Select>
        </Field>
      </form>
    </Dialog>
  );
}

function DeleteDialog({ onClose }: { onClose: () => void }) {
  const { organization } = useMe();
  const [name, setName] = useState("");
  const [, navigate] = useLocation();
  const move = useMoveSession();
  const remove = useMutation({
    mutationFn: () => data(api.DELETE("/api/orgs/{id}", { params: { path: { id: organization.id } }, body: { name } })),
    onSuccess: async (deleted) => {
      onClose();
      navigate("/settings/organization");
      await move(organization.id);
      toast.done("Organization deleted", `It can be restored until ${onDate(deleted.removed_at)}.`);
    },
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Delete ${organization.name}?`}
      description="All members are signed out of it and its API keys are refused, at once. For 30 days an owner can restore it; then everything in it is removed for good."
      size="sm"
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="danger" type="submit" form="delete-organization" busy={remove.isPending} disabled={name.trim() !== organization.name.trim()}>
            Delete organization
          </Button>
        </>
      }
    >
      <form
        id="delete-organization"
        onSubmit={(event) => {
          event.preventDefault();
          remove.mutate();
        }}
      >
        <FormProblem error={remove.error} shown={["name"]} />
        <Field label="Its name, to confirm" error={faultOf(remove.error, "name")} hint={organization.name}>
          <Input value={name} autoComplete="off" onChange={(event) => setName(event.target.value)} />
        </Field>
      </form>
    </Dialog>
  );
}
