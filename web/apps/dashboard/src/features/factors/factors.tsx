import { useQuery } from "@tanstack/react-query";
import { SkeletonRows } from "@tenon/ui";
import { LoadProblem } from "../../app/failure";
import { Authenticator } from "./authenticator";
import { Passkeys } from "./passkeys";
import { RecoveryCodes } from "./recovery-codes";
import { factorsQuery } from "./queries";

/** What is asked for besides the password, or instead of it. */
export function FactorsSection() {
  const factors = useQuery(factorsQuery);
  if (factors.isPending) return <SkeletonRows rows={2} label="Loading second factors" />;
  if (factors.isError && !factors.data) return <LoadProblem error={factors.error} onRetry={() => void factors.refetch()} />;
  return (
    <>
      <Authenticator factors={factors.data} />
      <Passkeys />
      {(factors.data.totp || factors.data.passkeys > 0) && <RecoveryCodes factors={factors.data} />}
    </>
  );
}
