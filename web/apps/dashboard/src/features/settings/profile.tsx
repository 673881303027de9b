import { useState } from "react";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Me } from "@tenon/api";
import { Button, Card, Field, Input, toast } from "@tenon/ui";
import { FormProblem, faultOf } from "../../app/failure";
import { onDate } from "../../app/format";
import { meKey, useMe } from "../auth/me";
import styles from "./settings.module.css";

export function ProfileSection() {
  const { user } = useMe();
  const [name, setName] = useState(user.name);
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => data(api.PATCH("/api/auth/me", { body: { name: name.trim() } })),
    onSuccess: (changed) => {
      client.setQueryData<Me | null>(meKey, (me) => me && { ...me, user: changed });
      toast.done("Profile saved");
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Card
        title="Profile"
        description={`Member since ${onDate(user.created_at)}.`}
        footer={
          <Button tone="primary" type="submit" busy={save.isPending} disabled={!name.trim() || name.trim() === user.name}>
            Save
          </Button>
        }
      >
        <div className={`stack ${styles.fields}`}>
          <FormProblem error={save.error} shown={["name"]} />
          <Field label="Name" error={faultOf(save.error, "name")}>
            <Input value={name} maxLength={255} autoComplete="name" onChange={(event) => setName(event.target.value)} />
          </Field>
        </div>
      </Card>
    </form>
  );
}
