"""Word lists for masks and redaction: the Chinese names of people and places.

No rules here. Surnames are the most frequent ones of mainland China (a rarer surname helps to recognise a person,
close-reading §4.2). Places are the provinces and prefectures of the administrative division; an address is cut after its
district with them.
"""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# About the 300 most frequent single-character surnames; the exact limit is a choice.
SURNAMES = frozenset(
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢"
    "姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤常温康施"
    "文牛樊葛邢安齐易乔伍庞颜倪庄聂章鲁岳翟殷詹申欧耿关兰焦俞左柳甘祝包宁尚符舒阮柯纪梅童凌毕单季裴霍涂成苗谷"
    "盛曲翁冉骆蓝路游辛靳管柴蒙鲍华喻祁蒲房滕屈饶解牟艾尤阳时穆农司卓古吉缪简车项连芦麦褚娄窦戚岑景党宫费卜冷"
    "晏席卫米柏宗瞿桂全佟应臧闵苟邬边卞姬师和仇栾隋商刁沙荣巫寇桑郎甄丛仲虞敖巩明池查麻苑迟邝官封谈匡鞠惠荆乐"
    "冀郁胥南班储原栗燕楚鄢劳谌奚皮粟冼蔺楼盘闭萧阎傅洪强廉盖屠郜揭丘习薄辜邸计练竺银阚诸"
)

# Surnames that people from Hong Kong, Macao and Taiwan write in traditional characters.
TRADITIONAL_SURNAMES = frozenset(
    "陳張劉黃趙吳孫馬鄭謝許韓馮鄧蕭葉蘇呂盧鍾譚陸賈韋鄒秦閻龍陶賀顧龔萬錢嚴湯喬龐顏倪莊聶魯歐關蘭齊羅楊周盧廖賴簡"
)

# Compound surnames frequent or known enough to be shown in a mask.
COMPOUND_SURNAMES = _words("""
    欧阳 上官 皇甫 令狐 诸葛 司徒 司马 申屠 夏侯 尉迟 慕容 公孙 端木 东方 长孙 轩辕 南宫 独孤 宇文 闻人 钟离 澹台
""")

# Compound surnames so rare that a mask hides them; redaction must still know them.
RARE_COMPOUND_SURNAMES = _words("""
    司空 呼延 东郭 淳于 赫连 公羊 太史 宗政 濮阳 拓跋 鲜于 闾丘 亓官 司寇 子车 颛孙 巫马 公西 漆雕 乐正 壤驷 公良
    谷梁 段干 梁丘 左丘 完颜 纳兰 叶赫 万俟 太叔 仲孙 羊舌
""")

# Surnames so rare that a mask hides them; redaction must still know them. From the 百家姓, the 600 most frequent surnames of
# the register (psychbruce/ChineseNames, born 1930-2008) and some frequent in one province, except those in SURNAMES. Their
# characters hardly ever begin another word.
RARE_SURNAMES = frozenset(
    "佘赖仝狄卿晁雍芮亓阙裘逯邰嵇茅昝荀尧郗逄蹇扈谯庹訾濮琚茆綦庾仵檀於笪禤爨佴贲邴郏缑隗蒯璩羿宓弋弭忻恽戢仉"
    "郦殳钭钮厍糜麴俎甯贠虢呙眭郄莘郇邾剡泮雒矫睢亢湛渠旷荔酆夔鄂郤邝郈蓟蔚牟尉迮厉戎戈伏浦禹赫茹韶扶晋宣贝"
)

# Rare surnames that are ordinary words or parts of them: recognised only right before a title, at the start of a sentence
# or phrase. Characters like 来, 那, 位, 小, which stand before a title without being a name, are left out.
RARE_WORD_SURNAMES = frozenset(
    "代普占闻满海伊索巴花玉帅凡豆权丰井朴平漆国支初相门云敬鹿修岩容羊杭宿鲜况印战隆慕达危宾居勾衣布束信展元利"
    "阴智富衡奉幸腾植哈虎巨贡青冶昌弓铁税木步靖斯水山乌宛尼暴畅巢寿历德凤招零磨松桓牧赏琴墨爱福言益红终沃法滑怀"
    "慎弘广归宰牙鱼"
)

# Endings of workplaces: after a surname of RARE_WORD_SURNAMES, two characters with such an ending are not a name: 海鲜店阿姨.
WORKPLACE_ENDINGS = frozenset("店部办局厂院所站室工处员区市县村镇")

# Syllables with which Uyghur, Kazakh and Tibetan names are written in Han script: 阿依古丽, 买买提, 扎西多吉.
TRANSLITERATED_SYLLABLES = (
    "阿依古丽买提艾合木热江尔孜吐逊努布都拉克肉帕夏迪力亚库尼沙扎西卓玛次仁达瓦旦增央桑多吉罗巴伊斯赫曼穆哈萨伯苏莱玉素甫麦"
)

# The same and others of Uyghur, Kazakh, Mongol, Tibetan, Zhuang and Yi names: only after a label, where a name is expected.
NAME_SYLLABLES = TRANSLITERATED_SYLLABLES + (
    "卜娜米日洪丁那扎依提肯别叶特格勒其乌云仁图雅和白音奴再汗帕塔巧盖山姆妮卡佐孙帖木真宝音德力斯琴高娃朝鲁呼和苏日娜萨仁敖登索南措旺姆"
    "万朗诺孟赫波鄂宁古卓青春雷杜马哈穆罕默德不依沙克坦赛义丽达娅爱孜努丁江库热贾法如克孜尔胡赛因麦麦提卡德尔"
    "丹增洛桑顿珠平措贡嘎曲珍白玛普布边巴格桑色阿里果莫惹子日布尔久吉克古力加买尼亚孜吾甫尔麦提如孜凯赛尔外则乃比热依汗吐尔地铁依尔玉山"
)

# Characters of given names: with them a surname that is mostly a preposition (于, 向, 和) is one.
GIVEN_NAME_CHARACTERS = frozenset(
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀英霞平刚桂兰玉华红建国志海燕春梅永晓文博子轩雨桐浩然欣怡梓涵思远嘉琪美玲俊龙凤淑珍振德胜雪佳慧宏立"
    "新卫东金少天宇鸣若曦林峰鹏飞辉斌波宁莉莹璐瑶婷倩颖媛欢乐康健成龙虎山川江河清泉松柏云霄星月晨曦阳光亮晴岚芸萍菊莲蓉薇菲蕾香琴瑟琳珊瑞"
    "祥福禄寿喜庆安民生义仁礼智信诚忠孝良善真贤哲睿聪颜彦彬才学诗书画艺诺言语心意念恩爱家兴旺昌盛荣富贵宝珠玺璇萱依彤丹青蓝紫翠碧素洁冰"
    "凡帆航凯旋坤乾元亨利贞豪雄威武毅坚恒久长远达通顺和谐祖宗继承先克友朋群众全世界中亚欧美非大小山水火土木石钢铁锋锐利"
)

# Latin words before 先生 or 女士 that are not names.
GREETINGS = _words("Hi Hello Hey Dear Mr Mrs Ms Miss Dr Sir Madam The And Thanks Thank Sorry Ok")

# Words behind Customer, Contact … that make a thing of it, no person: Customer Service Center.
LATIN_THINGS = _words("""
    Service Services Support Care Center Centre Team Department Satisfaction Experience Hotline Us Number No Name Names
    Manager Phone Line Relations Very Good Bad Great Nice Excellent Poor Not Request Requests Report Feedback Complaint Id
    ID Code Address Email Tel Mobile Side Portal App Area Room Type Level Group Data Details Info Information Form Order
    Orders Account Accounts List Card Version Please Is Was Has Had Said Says The This That Our Your My Online Office Store
    Shop Company Co Ltd Inc Brand New Old Model Unit Device Air Conditioner Washer Fridge Monday Tuesday Wednesday Thursday
    Friday Saturday Sunday January February March April May June July August September October November December
""")

# First two digits of a resident identity number (GB/T 2260).
PROVINCE_CODES = _words("""
    11 12 13 14 15 21 22 23 31 32 33 34 35 36 37 41 42 43 44 45 46 50 51 52 53 54 61 62 63 64 65 71 81 82 83
""")

# First character of a number plate: the 31 provinces, then consular and embassy plates; the same in traditional characters.
PLATE_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼使领滬雲遼魯蘇贛晉陝閩貴粵寧瓊領"

# Municipalities are both province and city.
MUNICIPALITIES = ("北京", "上海", "天津", "重庆")

PROVINCES = _words("""
    河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海
    台湾
""")

# Autonomous and special administrative regions: the short name and what may follow it.
REGIONS = {
    "内蒙古": "自治区",
    "广西": "壮族自治区",
    "西藏": "自治区",
    "宁夏": "回族自治区",
    "新疆": "维吾尔自治区",
    "香港": "特别行政区",
    "澳门": "特别行政区",
}

# Prefecture-level divisions by their short names, province by province; 市 may follow or be left out.
CITIES = _words("""
    石家庄 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安 太原 大同 阳泉 长治 晋城 朔州 晋中 运城 忻州
    临汾 吕梁
    呼和浩特 包头 乌海 赤峰 通辽 鄂尔多斯 呼伦贝尔 巴彦淖尔 乌兰察布 沈阳 大连 鞍山 抚顺 本溪 丹东 锦州 营口 阜新
    辽阳 盘锦 铁岭 朝阳 葫芦岛
    长春 吉林 四平 辽源 通化 白山 松原 白城 哈尔滨 齐齐哈尔 鸡西 鹤岗 双鸭山 大庆 伊春 佳木斯 七台河 牡丹江 黑河
    绥化
    南京 无锡 徐州 常州 苏州 南通 连云港 淮安 盐城 扬州 镇江 泰州 宿迁 杭州 宁波 温州 嘉兴 湖州 绍兴 金华 衢州 舟山
    台州 丽水
    合肥 芜湖 蚌埠 淮南 马鞍山 淮北 铜陵 安庆 黄山 滁州 阜阳 宿州 六安 亳州 池州 宣城 福州 厦门 莆田 三明 泉州 漳州
    南平 龙岩 宁德
    南昌 景德镇 萍乡 九江 新余 鹰潭 赣州 吉安 宜春 抚州 上饶 济南 青岛 淄博 枣庄 东营 烟台 潍坊 济宁 泰安 威海 日照
    临沂 德州 聊城 滨州 菏泽
    郑州 开封 洛阳 平顶山 安阳 鹤壁 新乡 焦作 濮阳 许昌 漯河 三门峡 南阳 商丘 信阳 周口 驻马店 武汉 黄石 十堰 宜昌
    襄阳 鄂州 荆门 孝感 荆州 黄冈 咸宁 随州
    长沙 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 娄底 广州 韶关 深圳 珠海 汕头 佛山 江门 湛江 茂名
    肇庆 惠州 梅州 汕尾 河源 阳江 清远 东莞 中山 潮州 揭阳 云浮
    南宁 柳州 桂林 梧州 北海 防城港 钦州 贵港 玉林 百色 贺州 河池 来宾 崇左 海口 三亚 三沙 儋州
    成都 自贡 攀枝花 泸州 德阳 绵阳 广元 遂宁 内江 乐山 南充 眉山 宜宾 广安 达州 雅安 巴中 资阳 贵阳 六盘水 遵义
    安顺 毕节 铜仁
    昆明 曲靖 玉溪 保山 昭通 丽江 普洱 临沧 拉萨 日喀则 昌都 林芝 山南 那曲
    西安 铜川 宝鸡 咸阳 渭南 延安 汉中 榆林 安康 商洛 兰州 嘉峪关 金昌 白银 天水 武威 张掖 平凉 酒泉 庆阳 定西 陇南
    西宁 海东 银川 石嘴山 吴忠 固原 中卫 乌鲁木齐 克拉玛依 吐鲁番 哈密
    台北 新北 桃园 台中 台南 高雄
""")

# Autonomous prefectures, prefectures and leagues: the suffix that must follow, and the short names.
PREFECTURES = {
    "自治州": _words("""
    延边 恩施 湘西 阿坝 甘孜 凉山 黔西南 黔东南 黔南 楚雄 红河 文山 西双版纳 大理 德宏 怒江 迪庆 临夏 甘南 海北 黄南
    海南 果洛 玉树 海西 昌吉 博尔塔拉 巴音郭楞 克孜勒苏 伊犁
"""),
    "地区": _words("大兴安岭 阿里 阿克苏 喀什 和田 塔城 阿勒泰"),
    "盟": _words("兴安 锡林郭勒 阿拉善"),
}

# Surnames that are just as often part of an ordinary word (马上, 安装, 高级): in running text they need more evidence.
WEAK_SURNAMES = frozenset(
    "于和向时应单方管程钟成明全路连关万安谢常付江金石高马文白温解任许易游车查房皮盘官原池沙包古司项党景季边欧"
    "商牛童强盖计练薄揭习封储宁尚齐盛曲华南米余钱农毕谈惠荣阳楼银冷费席苗谷蓝柴麻左简梅桂申尤焦班仲乐洪何曾"
)

# Of these, those that are hardly ever a surname inside a sentence: a title must follow and a boundary precede them.
PARTICLE_SURNAMES = frozenset("于和向时应单管钟成明全路连文解车查房皮盘官原包古童游商计练习班楼米易常关")

# Of those, the ones that begin a full name rather than a sentence when a title or a caller's word is next to it.
NAMED_PARTICLES = frozenset("钟易成常程关童游文")

# Jobs and places that stand between a surname-like character and a title: 和值班经理, 时前台小姐.
JOB_WORDS = _words("""
    值班 前台 大堂 接待 酒店 快递 客服 服务 销售 售后 安装 维修 物业 保安 楼层 客房 收银 送货 公司 商家 店铺 门店
    区域 部门 产品 项目 客户 财务 人事 技术 工程 修理 检修 清洗 搬运 配送 上门 开锁 水电 空调 电工 木工 网点 分店
    总店 商场 专卖 大区 市场 运营 质量 生产 语文 数学 英语 体育 音乐 美术 幼儿 学校 医院 班级 年级 年轻 中年 老年
    漂亮 胖胖 那位 这位 一位 几位 两位 各位 哪位 某位 每位 另外 新来
""")

# Ordinary words that begin with a surname and stand before or after 师傅, 经理, 客服 as a name would.
ORDINARY_WORDS = _words("""
    文员 马虎 马马 白忙 费了 冷脸 冷着 高冷 高傲 谢绝 江郎 安分 高个 白领 金领 金口 白净 许是 任谁 任其 万不 安装
    安排 安全 安静 安心 安慰 安检 安抚 谢谢 辛苦 麻烦 马上 马路 马桶 马达 高级 高兴 高效 高空 高度 高温 高压 高峰
    高手 高端 高档 高大 高质 高价 高额 高层 高德 高新 高低 高速 高频 高于 高调 明天 明日 明早 明晚 明年 明明 明显
    明确 明白 明细 明说 时间 时候 时常 时时 时而 时刻 时长 时段 时不 时效 时尚 时限 何时 何况 何必 何处 何种 何人
    何等 何以 任何 任务 任意 任劳 任性 任凭 任由 于是 于今 于昨 于上 于下 向我 向您 向他 向来 向前 向上 应该 应当
    应急 应有 应付 应邀 应答 应要 应对 应约 单子 单位 单独 单纯 单元 单个 单号 单方 单据 单人 单身 单程 方便 方面
    方法 方式 方案 方向 方才 方可 方言 方形 管道 管理 管家 管子 管路 管线 管用 管他 程序 程度 钟表 钟点 钟头 成功
    成本 成熟 成品 成为 成立 成员 成都 成天 成年 成绩 成果 全程 全部 全新 全家 全天 全套 全国 全面 全屋 全都 全额
    全年 全心 全力 全市 全体 全身 全能 路上 路口 路过 路边 路程 路线 路面 路人 路费 连续 连接 连忙 连我 连他 连个
    连夜 连同 连带 连线 连锁 关于 关键 关机 关系 关门 关闭 关注 关心 关掉 关照 关切 万能 万一 万分 万元 万家 万和
    常常 常见 常规 常用 常来 常有 常温 常年 付款 付费 付钱 付出 付了 付过 付清 江湖 江西 江苏 江南 江北 江门 金额
    金属 金牌 金色 金钱 金融 金卡 石头 石油 石家 石材 石膏 文明 文化 文件 文字 文艺 文静 白天 白色 白跑 白等 白白
    白来 白花 白衣 温度 温和 温馨 温柔 温暖 温控 温水 温州 解决 解释 解答 解除 解开 解锁 解约 解说 解读 许多 许久
    许诺 许可 易懂 易坏 易损 游客 游戏 车子 车间 车辆 车费 车站 车里 车上 查看 查询 查找 查出 查明 查了 查过 查到
    查验 房子 房间 房屋 房东 房客 房产 房价 房租 皮肤 皮带 皮管 盘点 盘管 官网 官方 原来 原因 原装 原厂 原先 原本
    原则 原价 原定 原有 原路 沙发 沙子 包装 包括 包含 包干 包赔 包办 包修 包换 古怪 古老 司机 项目 党员 景观 季节
    季度 边上 边框 边缘 欧洲 欧式 商家 商场 商品 商量 商店 商城 商务 商户 商业 牛奶 牛气 童装 童叟 强烈 强制 强调
    强大 强势 强行 强迫 强硬 盖板 盖子 盖章 计划 计算 计较 计费 练习 薄弱 揭穿 习惯 封闭 封条 封口 储存 储物 储备
    宁愿 宁可 宁波 尚未 尚可 尚有 齐全 齐心 盛情 曲折 华为 华丽 华南 华北 华东 南方 南京 南宁 南北 南边 米饭 米粉
    余额 余款 余下 余地 钱包 钱款 钱都 钱也 钱就 农村 农民 农业 毕竟 毕业 谈好 谈妥 谈话 惠州 荣誉 荣幸 阳台 阳光
    楼上 楼下 楼道 楼层 楼梯 楼房 楼顶 银行 银色 冷静 冷气 冷风 冷水 冷漠 冷淡 冷冻 冷却 冷库 冷媒 费用 费劲 费心
    费力 席位 苗条 谷歌 蓝色 蓝牙 柴油 麻木 麻利 左右 左边 左侧 简单 简直 简易 简洁 梅雨 桂林 申请 申报 申诉 申明
    尤其 尤为 焦急 焦躁 班长 班组 周末 周一 周二 周三 周四 周五 周六 周日 周到 周围 周边 周期 周年 周全 周转 周天
    周内 王牌 王者 黄色 黄金 黄了 黄昏 张口 张嘴 张贴 张罗 张开 严格 严重 严肃 严谨 严厉 严禁 严密 雷电 雷人 雷锋
    毛病 毛刺 毛巾 毛毛 莫名 莫非 孔径 汤姆 夏天 夏季 夏日 龙头 史上 段时 段路 丁点 叶片 叶轮 顾客 顾虑 顾及 顾不
    顾问 武断 武汉 鲁莽 章程 童鞋 苏宁 苏州 苏泊 徐州 郑州 郑重 常州 沈阳 贺卡 贺喜 林立 梁上 胡乱 胡说 胡闹 胡扯
    孙子 罗列 罗嗦 曾在 曾说 曾多 杜绝 吴江 吕梁 汪汪 范围 范本 陆续 陶瓷 陈旧 陈述 陈列 彭胀 董事 康复 施工 施加
    艾特 纪录 纪念 项链 屈服 蒙混 鲍鱼 焦糊 卓越 柏油 柳州 舒服 舒适 舒心 舒展 庞大 凌晨 凌乱 席间 符合 迟到 迟迟
    迟延 迟了 郁闷 储值 喻示 喻为 童年 耿直 宫颈 卫生 卫浴 卫士 甘愿 游走 辛勤 房门 宗旨 洪水 强悍 廉价 廉洁 习性
    练就 计时 计件 党政 霍霍 柯达 宋体 唐突 邓紫 韩国 韩式 曹操 肖像 田间 田地 袁大 蒋委 潘婷 姚明 姜汤 钟情 谭木
    汪洋 廖廖 贾宝 邹邹 秦皇 侯车 侯机 邵阳 尹始 薛定
""")

# Two-character words that end with a surname: 由于经理不在 does not name a manager 于.
WORDS_INTO_SURNAMES = _words("""
    由于 对于 关于 终于 至于 位于 属于 小于 大于 等于 处于 用于 基于 鉴于 便于 急于 善于 勇于 总和 温和 缓和 平和
    饱和 暖和 柔和 谐和 一向 方向 转向 面向 走向 导向 偏向 小时 当时 及时 同时 随时 按时 准时 平时 临时 有时 暂时
    到时 届时 那时 这时 何时 长时 超时 过时 延时 实时 定时 工时 耗时 有应 反应 相应 供应 响应 答应 适应 理应 感应
    对应 效应 回应 订单 下单 工单 派单 接单 清单 账单 名单 简单 保单 换单 取单 回单 开单 改单 退单 报单 快单 对方
    地方 双方 官方 厂方 我方 贵方 各方 多方 警方 一方 校方 院方 资方 店方 东方 西方 南方 北方 主管 水管 铜管 气管
    尽管 不管 保管 监管 软管 只管 别管 托管 排管 工程 全程 过程 流程 课程 日程 里程 教程 行程 远程 分钟 秒钟 刻钟
    点钟 闹钟 时钟 完成 造成 变成 达成 做成 形成 组成 合成 弄成 改成 养成 现成 当成 说明 证明 声明 透明 照明 发明
    不明 文明 表明 注明 聪明 标明 安全 健全 完全 保全 齐全 马路 电路 线路 气路 油路 网路 一路 半路 水路 道路 公路
    铁路 回路 短路 走路 上路 出路 思路 管路 套路 接连 相连 牵连 有关 相关 开关 无关 海关 机关 总关 把关 一万 两万
    三万 几万 百万 千万 十万 上万 数万 公安 保安 治安 平安 晚安 早安 不安 西安 延安 感谢 谢谢 多谢 致谢 答谢 非常
    经常 正常 通常 异常 日常 往常 常常 平常 失常 支付 交付 应付 对付 垫付 预付 拒付 现付 到付 现金 押金 定金 资金
    奖金 订金 租金 五金 合金 本金 提高 最高 升高 增高 偏高 过高 太高 很高 挺高 较高 高温 低温 常温 室温 水温 体温
    恒温 保温 降温 升温 控温 了解 理解 讲解 分解 拆解 缓解 误解 调解 见解 谅解 主任 责任 现任 前任 信任 担任 上任
    新任 胜任 允许 也许 或许 不许 准许 兴许 容易 简易 轻易 交易 不易 汽车 开车 叫车 停车 货车 堵车 打车 卡车 轿车
    修车 坐车 火车 检查 调查 排查 审查 普查 抽查 巡查 复查 厨房 住房 新房 二房 客房 库房 楼房 外皮 调皮 表皮 面包
    大包 外包 打包 承包 红包 钱包 一班 上班 下班 加班 值班 晚班 早班 电池 水池 公司 上司 打司 事项 一项 各项 多项
    逐项 款项 空白 明白 坦白 表白 洁白 雪白 米白 情景 场景 背景 前景 旁边 这边 那边 左边 右边 两边 一边 身边 后边
    外边 里边 路边 厂商 客商 智商 协商 最强 加强 增强 较强 很强 覆盖 遮盖 总计 预计 估计 共计 统计 设计 合计 累计
    会计 熟练 教练 训练 老练 学习 练习 实习 信封 密封 存储 仓储 高尚 时尚 整齐 到齐 茂盛 豪华 中华 年华 剩余 其余
    业余 多余 有余 价钱 收钱 要钱 给钱 付钱 花钱 多钱 退钱 掏钱 加钱 交钱 完毕 洽谈 面谈 座谈 优惠 实惠 光荣 太阳
    向阳 大楼 上楼 下楼 三楼 二楼 一楼 收银 收费 免费 自费 缴费 浪费 付费 退费 资费 出席 首席 疫苗 芝麻 任何 如何
    为何 几何 奈何 教师 律师 技师 厨师 老师 大师 浙江 长江 丽江 镇江 九江 湛江 阳江 语文 英文 中文 人文 作文 门童
    儿童 学童
""")
