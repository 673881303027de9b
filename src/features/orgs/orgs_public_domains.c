/* Mail services at whose domains anybody may have an address: nobody claims those, nor what lies below them. */
#include "features/orgs/orgs_domains.h"

static const char *const domains[] = {
    "126.com", "139.com", "163.com", "aim.com", "aol.com", "arcor.de", "bk.ru", "bluewin.ch", "btinternet.com", "btopenworld.com", "cock.li",
    "comcast.net", "cox.net", "disroot.org", "duck.com", "earthlink.net", "email.com", "fastmail.com", "fastmail.fm", "free.fr", "freemail.hu",
    "freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.fr", "gmx.net", "gmx.us", "googlemail.com", "hey.com", "hotmail.be",
    "hotmail.ch", "hotmail.co.uk", "hotmail.com", "hotmail.de", "hotmail.es", "hotmail.fr", "hotmail.it", "hotmail.nl", "hotmail.se", "hushmail.com",
    "icloud.com", "iki.fi", "inbox.com", "inbox.lv", "inbox.ru", "interia.pl", "keemail.me", "kolabnow.com", "laposte.net", "libero.it", "list.ru",
    "live.be", "live.ca", "live.cn", "live.co.uk", "live.com", "live.de", "live.dk", "live.fr", "live.it", "live.nl", "live.no", "live.se", "mac.com",
    "mail.com", "mail.ee", "mail.ru", "mailbox.org", "mailfence.com", "mailinator.com", "me.com", "msn.com", "my.com", "naver.com", "netcourrier.com",
    "o2.pl", "online.no", "op.pl", "orange.fr", "outlook.at", "outlook.be", "outlook.com", "outlook.de", "outlook.dk", "outlook.es", "outlook.fr",
    "outlook.it", "outlook.jp", "pm.me", "posteo.de", "posteo.net", "proton.me", "protonmail.ch", "protonmail.com", "qq.com", "rambler.ru",
    "rediffmail.com", "riseup.net", "rocketmail.com", "runbox.com", "sapo.pt", "sbcglobal.net", "seznam.cz", "sfr.fr", "sina.com", "skynet.be",
    "skype.com", "sohu.com", "sympatico.ca", "t-online.de", "telenet.be", "terra.com.br", "tiscali.it", "tuta.com", "tuta.io", "tutanota.com",
    "tutanota.de", "uol.com.br", "verizon.net", "virgilio.it", "virginmedia.com", "wanadoo.fr", "web.de", "wp.pl", "ya.ru", "yahoo.ca", "yahoo.co.in",
    "yahoo.co.jp", "yahoo.co.uk", "yahoo.com", "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.in", "yahoo.it", "yandex.com", "yandex.ru",
    "ymail.com", "yopmail.com", "zoho.com",
};

bool domain_is_public(text domain)
{
    for (size_t i = 0; i < COUNT(domains); i++) {
        text public = text_of(domains[i]), end = domain.len > public.len ? text_slice(domain, domain.len - public.len, domain.len) : domain;

        if (text_equal_nocase(end, public) && (end.len == domain.len || domain.ptr[domain.len - public.len - 1] == '.'))
            return true;
    }
    return false;
}
