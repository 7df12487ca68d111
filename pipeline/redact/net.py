"""Redacts online contacts: web and e-mail addresses, and accounts after words such as 微信."""

from __future__ import annotations

import re

from pipeline.redact.replacing import ACCOUNT, EMAIL, URL, Rule, keep_introduction

# Visible ASCII except the brackets of the labels.
_URL_CHARACTERS = r"[!-Z\\^-~]"
_URL = re.compile(rf"(?:https?://|www\.){_URL_CHARACTERS}+", re.IGNORECASE)
_DOMAIN = re.compile(
    r"(?<![A-Za-z0-9@.\-])(?:[A-Za-z0-9\-]+\.)+(?:com|cn|net|org|top|cc|vip|shop|info|io|me|tv|xyz|gov|edu)(?![A-Za-z0-9])"
    rf"(?:[/?:]{_URL_CHARACTERS}*)?",
    re.IGNORECASE,
)
_EMAIL = re.compile(
    # Only from the start of a word: otherwise a long text without @ would be scanned again from each letter.
    r"(?<![A-Za-z0-9._%+\-])[A-Za-z0-9._%+\-]+(?:点[A-Za-z0-9_\-]+){0,3}"
    r"(?:\s?@\s?|\s?艾特\s?|[(（\[【<]\s?at\s?[)）\]】>])"
    r"[A-Za-z0-9\-]+(?:\s?(?:\.|点)\s?[A-Za-z0-9\-]+)+",
    re.IGNORECASE,
)
_WRITTEN_AT = re.compile(r"[(（\[【<]\s?at\s?[)）\]】>]", re.IGNORECASE)
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
    if "@" in text or "艾特" in text or _WRITTEN_AT.search(text):
        text = _EMAIL.sub(EMAIL, text)
    return _DOMAIN.sub(URL, text) if "." in text else text


def _redact_accounts(text: str) -> str:
    text = _CHAT_ID.sub(ACCOUNT, text)
    text = _CHAT_ACCOUNT.sub(keep_introduction(ACCOUNT), text)
    return _OTHER_ACCOUNT.sub(keep_introduction(ACCOUNT), text)


_TOP_DOMAINS = "com|cn|net|org|top|cc|vip|shop|info|io|me|tv|xyz|gov|edu"
RULES = (
    Rule(_redact_net, rf"@|艾特|(?i:[(（\[【<]\s?at\s?[)）\]】>]|www\.|://)|[A-Za-z0-9\-]\.(?i:{_TOP_DOMAINS})"),
    Rule(
        _redact_accounts,
        r"(?i:微信|薇信|威信|wechat|weixin|vx|wx|v信|加v|q\s?q|扣扣)[号码账帐iIdD是为叫:：=\s]*[A-Za-z1-9_]|o[A-Za-z0-9_\-]{27}"
        rf"|(?:{_ACCOUNT_WORD})(?i:[号號账帐帳名id])*[是为為叫:：=A-Za-z]",
    ),
)
