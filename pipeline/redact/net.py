"""Redacts online contacts: web and e-mail addresses, and accounts after words such as 微信."""

from __future__ import annotations

import re

from pipeline.redact.replacing import ACCOUNT, EMAIL, URL, Rule, keep_introduction

# Visible ASCII except the brackets of the labels.
_URL_CHARACTERS = r"[!-Z\\^-~]"
_URL = re.compile(rf"(?:https?://|www\.){_URL_CHARACTERS}+", re.IGNORECASE)
_TOP_DOMAINS = "com|cn|net|org|top|cc|vip|shop|info|io|me|tv|xyz|gov|edu"
_DOMAIN = re.compile(
    rf"(?<![A-Za-z0-9@.\-])(?:[A-Za-z0-9\-]+\.)+(?:{_TOP_DOMAINS})(?![A-Za-z0-9])(?:[/?:]{_URL_CHARACTERS}*)?",
    re.IGNORECASE,
)
_OPEN, _CLOSE = r"[(（\[【<{]\s?", r"\s?[)）\]】>}]"
# Signs that people type or say for a dot: only before the end of a domain, because they also end a sentence.
_SAID_DOT = rf"(?:\s?[。．,，、丶·]\s?|\s?{_OPEN}(?i:dot|点|點|\.){_CLOSE}\s?|\s(?i:dot)\s|\s?(?:小?圆点|小数点)\s?)"
_DOMAIN_END = rf"(?:{_TOP_DOMAINS}|qq|co|hk|tw|mo|de|fr|uk|jp|us)(?![A-Za-z0-9])"
_PROVIDER = r"(?:qq|163|126|139|189|yeah|gmail|foxmail|sina|sohu|outlook|hotmail|icloud|aliyun)(?:邮箱|郵箱)?(?![A-Za-z0-9.\-])"
_SAID_MARK = "(?:点|點|下[划劃][线線]|[中横橫][划劃杠槓][线線]?|[减減][号號]|杠)"
_LOCAL = rf"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+(?:\s?{_SAID_MARK}\s?[A-Za-z0-9_\-]+){{0,3}}"
_EMAIL = re.compile(
    # Only from the start of a word: otherwise a long text without @ would be scanned again from each letter.
    rf"{_LOCAL}(?:\s?@\s?|\s?(?:艾特|圈[aA]|小老鼠)\s?|\s?{_OPEN}(?:at?|@|艾特|圈a){_CLOSE}\s?)"
    rf"(?:[A-Za-z0-9\-]+(?:\s?(?:\.|点|點)\s?[A-Za-z0-9\-]+|{_SAID_DOT}{_DOMAIN_END})+|{_PROVIDER})",
    re.IGNORECASE,
)
_HASH_EMAIL = re.compile(rf"{_LOCAL}#(?:[A-Za-z0-9\-]+\.)+{_DOMAIN_END}", re.IGNORECASE)
# 1 2 3 @ q q . c o m: each character by itself.
_SPACED_EMAIL = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9](?: [A-Za-z0-9._\-]){2,30} @(?: [A-Za-z0-9.\-](?![A-Za-z0-9])){4,30}")
# zhang at example dot com: the word for the dot tells it from looking at example.com.
_SPELLED_EMAIL = re.compile(
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+(?:\s(?:dot|underscore|dash)\s[A-Za-z0-9_%+\-]+){0,3}\s?(?:\sat\s"
    r"|[(（\[]\s?at\s?[)）\]])\s?"
    rf"[A-Za-z0-9\-]+(?:(?:\sdot\s|\s?[点點]\s?)[A-Za-z0-9\-]+){{0,3}}(?:\sdot\s|\s?[点點]\s?){_DOMAIN_END}",
    re.IGNORECASE,
)
# zhang at example.com, behind the word for it.
_ANNOUNCED_EMAIL = re.compile(
    r"((?:邮[箱件]|郵[箱件]|(?<![a-z])e-?mail)(?:地址|address)?(?:是"
    r"|为|為|[:：\s]){0,3})[A-Za-z0-9._%+\-]+[\s_]at[\s_][A-Za-z0-9\-]+"
    r"(?:\s?(?:\.|点|點)\s?[A-Za-z0-9\-]+)+",
    re.IGNORECASE,
)
_WRITTEN_AT = re.compile(r"[(（\[【<{]\s?at\s?[)）\]】>}]|[(（\[【<{]a[)）\]】>}]|圈a|小老鼠", re.IGNORECASE)
_SPELLED_AT = re.compile(r"[\s_]at[\s_]|at\s?[)）\]]", re.IGNORECASE)
_CHAT = r"(?:微信|薇信|威信|扣扣|(?<![A-Za-z])(?:wechat|weixin|vx|wx|v信|(?<=加)v|q\s?q))(?:号码?|號碼?|账号|帐号|帳號|\s?id)?"
_CHAT_ACCOUNT = re.compile(
    # With 号 or a colon anything may follow; without, only non-words: 微信 Android 版 is not an account.
    rf"({_CHAT}\s{{0,4}}(?:(?<=号)|(?<=号码)|(?<=id)|是|为|叫|[:：=])[是为叫:：=\s]*)"
    r"(?:[A-Za-z][A-Za-z0-9_\-]{5,19}|[1-9][0-9]{4,11})(?![0-9A-Za-z_元块万])"
    rf"|({_CHAT}\s{{0,4}})(?:(?=[A-Za-z_\-]*[0-9_])[A-Za-z][A-Za-z0-9_\-]{{5,19}}|[1-9][0-9]{{5,11}})(?![0-9A-Za-z_元块万])",
    re.IGNORECASE,
)
_CHAT_ID = re.compile(r"wxid_[A-Za-z0-9_\-]+|(?<![A-Za-z0-9_\-])o[A-Za-z0-9_\-]{27}(?![A-Za-z0-9_\-])")
# A card number in groups after 账号 is one number: its first group must not be taken for the account.
_NO_GROUPS = r"(?![\s—–·•./,、]{1,3}[0-9]{3})"
_ACCOUNT_WORD = "抖音|快手|支付宝|淘宝|旺旺|微博|小红书|用户名|会员名|账号|帐号|帳號|賬號|账户|帳戶|登录名|登錄名|昵称|暱稱"
_OTHER_ACCOUNT = re.compile(
    rf"((?:{_ACCOUNT_WORD})(?:[号號]|账号|帐号|帳號|id|名)?(?:是|为|為|叫|[:：=])+\s*)[A-Za-z0-9_\-]{{4,30}}(?![A-Za-z0-9_\-]){_NO_GROUPS}"
    # Without a word in between, only non-words.
    rf"|((?:{_ACCOUNT_WORD})(?:[号號]|账号|帐号|帳號|id))(?=[A-Za-z_\-]*[0-9_])[A-Za-z][A-Za-z0-9_\-]{{3,29}}",
    re.IGNORECASE,
)


def _redact_net(text: str) -> str:
    if "://" in text or "w" in text or "W" in text:
        text = _URL.sub(URL, text)
    if "#" in text:
        text = _HASH_EMAIL.sub(EMAIL, text)
    if "@" in text or "艾特" in text or _WRITTEN_AT.search(text):
        text = _EMAIL.sub(EMAIL, _SPACED_EMAIL.sub(EMAIL, text))
    if _SPELLED_AT.search(text):
        text = _ANNOUNCED_EMAIL.sub(rf"\1{EMAIL}", _SPELLED_EMAIL.sub(EMAIL, text))
    return _DOMAIN.sub(URL, text) if "." in text else text


def _redact_accounts(text: str) -> str:
    text = _CHAT_ID.sub(ACCOUNT, text)
    text = _CHAT_ACCOUNT.sub(keep_introduction(ACCOUNT), text)
    return _OTHER_ACCOUNT.sub(keep_introduction(ACCOUNT), text)


RULES = (
    Rule(
        _redact_net,
        rf"@|[A-Za-z0-9]#[A-Za-z0-9]|艾特|小老鼠|(?i:圈a|[(（\[【<{{]\s?at?\s?[)）\]】>}}]|[\s_]at[\s_]|www\.|://)|[A-Za-z0-9\-]\.(?i:{_TOP_DOMAINS})",
    ),
    Rule(
        _redact_accounts,
        r"(?i:微信|薇信|威信|wechat|weixin|vx|wx|v信|加v|q\s?q|扣扣)[号码账帐iIdD是为叫:：=\s]*[A-Za-z1-9_]|o[A-Za-z0-9_\-]{27}"
        rf"|(?:{_ACCOUNT_WORD})(?i:[号號账帐帳名id])*[是为為叫:：=A-Za-z]",
    ),
)
