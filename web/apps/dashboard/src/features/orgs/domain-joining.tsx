import { useMutation, useQueryClient } from "@tanstack/react-query";
import { api, data, type Domain, type JoiningRole } from "@tenon/api";
import { CheckboxRow, Select } from "@tenon/ui";
import { FormProblem } from "../../app/failure";
import { domainsKey } from "./queries";
import styles from "./orgs.module.css";

const ROLES: readonly JoiningRole[] = ["viewer", "member"];

export function DomainJoining({ organization, domain }: { organization: string; domain: Domain }) {
  const client = useQueryClient();
  const change = useMutation({
    mutationFn: (body: { auto_join?: boolean; role?: JoiningRole }) => data(api.PATCH("/api/orgs/{id}/domains/{domain_id}", { params: { path: { id: organization, domain_id: domain.id } }, body })),
    onSuccess: (saved) => client.setQueryData<Domain[]>([...domainsKey, organization], (all) => all?.map((one) => (one.id === saved.id ? saved : one))),
  });
  /* What was chosen is shown while it is on its way, so that nothing flickers back. */
  const shown = { ...domain, ...(change.isPending && change.variables) };
  return (
    <div className={styles.joining}>
      <FormProblem error={change.error} shown={[]} />
      <div className={styles.joiningLine}>
        <CheckboxRow
          role="switch"
          label="Let people join by themselves"
          detail={`Whoever has a confirmed address at ${domain.domain} may, and does so on confirming a new one.`}
          checked={shown.auto_join}
          onChange={(event) => change.mutate({ auto_join: event.target.checked })}
        />
        <Select
          aria-label={`Role of who joins by ${domain.domain}`}
          className={styles.joiningRole}
          value={shown.role}
          disabled={!shown.auto_join}
          onChange={(event) => change.mutate({ role: event.target.value as JoiningRole })}
        >
          {ROLES.map((role) => (
            <option key={role} value={role}>
              as {role}
            </option>
          ))}
        </Select>
      </div>
    </div>
  );
}
