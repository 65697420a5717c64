//! Common given and family names, the most common first, as hands of six languages write them; several spellings are parted by commas.
//!
//! Each line: Dari and Persian, Arabic, English, Serbian, Turkish, German. Whoever bears one is drawn, and nobody who is known.

pub(super) const MEN: &str = "
محمد|محمد|Mohammad,Muhammad,Mohamed|Muhamed|Muhammet|Mohammed
احمد|أحمد|Ahmad,Ahmed|Ahmed|Ahmet|Ahmad
علی|علي|Ali|Ali|Ali|Ali
حسین|حسين|Hussain,Hossein,Husain|Husein|Hüseyin|Hussein
حسن|حسن|Hasan,Hassan|Hasan|Hasan|Hassan
رضا|رضا|Reza,Raza|Reza|Rıza|Resa
عبدالله|عبد الله|Abdullah,Abdulla|Abdulah|Abdullah|Abdullah
عمر|عمر|Omar,Umar|Omer|Ömer|Omar
محمود|محمود|Mahmood,Mahmoud|Mahmud|Mahmut|Mahmud
ابراهیم|إبراهيم|Ibrahim,Ebrahim|Ibrahim|İbrahim|Ibrahim
یوسف|يوسف|Yusuf,Yousef|Jusuf|Yusuf|Jussuf
مصطفی|مصطفى|Mustafa,Mostafa|Mustafa|Mustafa|Mustafa
اسماعیل|إسماعيل|Ismail,Esmail|Ismail|İsmail|Ismail
خالد|خالد|Khalid,Khaled|Halid|Halit|Chalid
کریم|كريم|Karim,Kareem|Kerim|Kerim|Karim
رحیم|رحيم|Rahim,Raheem|Rahim|Rahim|Rahim
نجیب|نجيب|Najib,Najeeb|Nedžib|Necip|Nadschib
حمید|حميد|Hamid,Hameed|Hamid|Hamit|Hamid
سعید|سعيد|Saeed,Sayeed|Said|Sait|Said
عباس|عباس|Abbas|Abas|Abbas|Abbas
امین|أمين|Amin,Ameen|Emin|Emin|Amin
بشیر|بشير|Bashir,Basheer|Bešir|Beşir|Baschir
طارق|طارق|Tariq,Tareq|Tarik|Tarık|Tarik
فرید|فريد|Farid,Fareed|Ferid|Ferit|Farid
جمال|جمال|Jamal|Džemal|Cemal|Dschamal
جلال|جلال|Jalal,Jalaal|Dželal|Celal|Dschalal
ناصر|ناصر|Nasir,Naser|Naser|Nasır|Nasser
صالح|صالح|Salih,Saleh|Salih|Salih|Saleh
عثمان|عثمان|Osman,Usman|Osman|Osman|Osman
حمزه|حمزة|Hamza,Hamzah|Hamza|Hamza|Hamsa
بلال|بلال|Bilal,Belal|Bilal|Bilal|Bilal
ادریس|إدريس|Idris,Idrees|Idris|İdris|Idris
یاسین|ياسين|Yasin,Yaseen|Jasin|Yasin|Jassin
خلیل|خليل|Khalil,Khaleel|Halil|Halil|Chalil
هارون|هارون|Harun,Haroon|Harun|Harun|Harun
سلیمان|سليمان|Sulaiman,Suleman|Sulejman|Süleyman|Suleiman
داود|داود|Dawood,Daud|Davud|Davut|Daud
یعقوب|يعقوب|Yaqub,Yaqoob|Jakub|Yakup|Jakub
عبدالرحمن|عبد الرحمن|Abdul Rahman,Abdurrahman|Abdurahman|Abdurrahman|Abdul Rahman
عبدالکریم|عبد الكريم|Abdul Karim,Abdulkareem|Abdulkerim|Abdülkerim|Abdul Karim
عبدالغفور|عبد الغفور|Abdul Ghafoor,Abdul Ghafur|Abdulgafur|Abdülgafur|Abdul Ghafur
نعمت الله|نعمة الله|Nematullah,Nimatullah|Nimetulah|Nimetullah|Nematullah
عنایت الله|عناية الله|Inayatullah,Enayatullah|Inajetulah|İnayetullah|Enajatullah
فیض محمد|فيض محمد|Faiz Mohammad,Fayz Muhammad|Fejz Muhamed|Feyz Muhammet|Fais Mohammed
گل آغا|غل آغا|Gul Agha,Gulagha|Gul Aga|Gül Ağa|Gul Agha
نوید|نويد|Naveed,Navid|Navid|Nevit|Nawid
فرهاد|فرهاد|Farhad|Ferhad|Ferhat|Farhad
بهرام|بهرام|Bahram,Behram|Behram|Behram|Bahram
کامران|كامران|Kamran|Kamran|Kamuran|Kamran
جاوید|جاويد|Javed,Jawid|Džavid|Cavit|Dschawid
آزاد|آزاد|Azad|Azad|Azat|Asad
سوران|سوران|Soran,Suran|Soran|Soran|Soran
شاهین|شاهين|Shahin,Shaheen|Šahin|Şahin|Schahin
تیمور|تيمور|Taimoor,Timur|Timur|Timur|Timur
ادین|إدين|Edin|Edin|Edin|Edin
آدم|آدم|Adam,Adem|Adem|Adem|Adem
ارمین|أرمين|Armin|Armin|Armin|Armin
سناد|سناد|Senad|Senad|Senat|Senad
مارکو|ماركو|Marko|Marko|Marko|Marko
نیکولا|نيكولا|Nikola|Nikola|Nikola|Nikola
دراگان|دراغان|Dragan|Dragan|Dragan|Dragan
بسیم|بسيم|Besim|Besim|Besim|Besim
اگیم|أغيم|Agim|Agim|Agim|Agim
مراد|مراد|Murad|Murat|Murat|Murat
";

pub(super) const WOMEN: &str = "
فاطمه|فاطمة|Fatima,Fatema|Fatima|Fatma|Fatima
مریم|مريم|Maryam,Mariam|Merjem|Meryem|Mariam
زهرا|زهراء|Zahra,Zahraa|Zehra|Zehra|Sahra
زینب|زينب|Zainab,Zaynab|Zejneb|Zeynep|Sainab
آمنه|آمنة|Amina,Aminah|Amina|Emine|Amina
لیلا|ليلى|Laila,Leila|Lejla|Leyla|Leila
صفیه|صفية|Safia,Safiya|Safija|Safiye|Safia
نرگس|نرجس|Nargis,Narges|Nergis|Nergis|Narges
پروین|بروين|Parwin,Parveen|Pervin|Pervin|Parwin
شیرین|شيرين|Shirin,Shireen|Širin|Şirin|Schirin
ثریا|ثريا|Soraya,Suraya|Suraja|Süreyya|Soraja
سمیرا|سميرة|Samira,Sameera|Samira|Semira|Samira
حلیمه|حليمة|Halima,Haleema|Halima|Halime|Halima
گلالی|غلالي|Gulalai,Gulaly|Gulalaj|Gülalay|Gulalai
روژین|روجين|Rojin,Rozhin|Rožin|Rojin|Roschin
سلما|سلمى|Salma|Selma|Selma|Salma
";

pub(super) const FAMILIES: &str = "
احمدی|الأحمدي|Ahmadi,Ahmady|Ahmadi|Ahmedi|Ahmadi
حسینی|الحسيني|Hussaini,Hosseini|Huseini|Hüseyni|Husseini
محمدی|المحمدي|Mohammadi,Muhammadi|Muhamedi|Muhammedi|Mohammadi
رحیمی|الرحيمي|Rahimi,Raheemi|Rahimi|Rahimi|Rahimi
کریمی|الكريمي|Karimi,Kareemi|Kerimi|Kerimi|Karimi
نوری|النوري|Noori,Nuri|Nuri|Nuri|Nuri
اکبری|الأكبري|Akbari|Akbari|Ekberi|Akbari
امیری|الأميري|Amiri,Ameeri|Amiri|Emiri|Amiri
حیدری|الحيدري|Haidari,Haydari|Hajdari|Haydari|Haidari
یوسفزی|يوسفزاي|Yousafzai,Yusufzai|Jusufzaj|Yusufzay|Jussufsai
احمدزی|أحمدزاي|Ahmadzai,Ahmedzai|Ahmadzaj|Ahmetzay|Ahmadsai
نورزی|نورزاي|Noorzai,Nurzai|Nurzaj|Nurzay|Nursai
پوپلزی|بوبلزاي|Popalzai,Populzai|Popalzaj|Popalzay|Popalsai
استانکزی|ستانكزاي|Stanikzai,Stanekzai|Stanikzaj|Stanikzay|Stanekzai
سلطانی|السلطاني|Sultani,Soltani|Sultani|Sultani|Sultani
صدیقی|الصديقي|Siddiqi,Sediqi|Sidiki|Sıddıki|Sediki
هاشمی|الهاشمي|Hashemi,Hashimi|Hašimi|Haşimi|Haschemi
شریفی|الشريفي|Sharifi,Shareefi|Šerifi|Şerifi|Scharifi
قاسمی|القاسمي|Qasemi,Qasimi|Kasimi|Kasımi|Kasemi
جلالی|الجلالي|Jalali|Dželali|Celali|Dschalali
عزیزی|العزيزي|Azizi,Azeezi|Azizi|Azizi|Asisi
حلبی|الحلبي|Halabi,Alhalabi|Halabi|Halebi|Halabi
عراقی|العراقي|Iraqi,Al Iraqi|Iraki|Iraklı|Iraki
شمالی|الشمالي|Shamali|Šamali|Şimali|Schamali
تاجیک|الطاجيكي|Tajik|Tadžik|Tacik|Tadschik
عظیمی|العظيمي|Azimi,Azeemi|Azimi|Azimi|Asimi
رستمی|الرستمي|Rostami,Rustami|Rustami|Rüstemi|Rostami
قریشی|القرشي|Qureshi,Quraishi|Kurejši|Kureyşi|Kureischi
بارزانی|البارزاني|Barzani|Barzani|Barzani|Barsani
زنگنه|الزنكنة|Zangana,Zanganeh|Zangana|Zengene|Sangana
ییلماز|يلماز|Yilmaz|Jilmaz|Yılmaz|Yilmaz
دمیر|دمير|Demir|Demir|Demir|Demir
هوجیچ|هوجيتش|Hodzic|Hodžić|Hociç|Hodzic
بگوویچ|بيغوفيتش|Begovic|Begović|Begoviç|Begovic
یووانوویچ|يوفانوفيتش|Jovanovic|Jovanović|Yovanoviç|Jovanovic
پتروویچ|بتروفيتش|Petrovic|Petrović|Petroviç|Petrovic
کراسنیچی|كراسنيتشي|Krasniqi|Krasnići|Krasniçi|Krasniqi
هوجا|هوجا|Hoxha,Hodja|Hodža|Hoca|Hodscha
";

pub(super) const TITLES: &str = "
حاجی|الحاج|Haji|Hadži|Hacı|Hadschi
ملا|الملا|Mullah|Mula|Molla|Mullah
انجینر|المهندس|Eng.|Inž.|Müh.|Ing.
سید|السيد|Sayed|Sejid|Seyit|Sajed
استاد|الأستاذ|Ustad|Ustad|Üstad|Ustad
";
