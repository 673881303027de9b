import { EndSection } from "./account-end";
import { EmailSection } from "./email";
import { ProfileSection } from "./profile";

export function AccountSection() {
  return (
    <>
      <ProfileSection />
      <EmailSection />
      <EndSection />
    </>
  );
}
