<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="zh_CN">
<context>
    <name>Demo::Announcer</name>
    <message>
        <source>cannot announce IDs on %1: %2</source>
        <translation>无法在 %1 上通告 ID：%2</translation>
    </message>
</context>
<context>
    <name>Demo::Answerer</name>
    <message>
        <source>a second message arrived</source>
        <translation>收到了第二条消息</translation>
    </message>
</context>
<context>
    <name>Demo::Asker</name>
    <message>
        <source>the answer belongs to another message</source>
        <translation>收到的应答属于另一条消息</translation>
    </message>
</context>
<context>
    <name>Demo::BreakPanel</name>
    <message>
        <source>St&amp;op the server</source>
        <translation>停止服务端(&amp;O)</translation>
    </message>
    <message>
        <source>Closes all connections and does not listen until it is started again.</source>
        <translation>关闭所有连接，并且在重新启动之前不再监听。</translation>
    </message>
    <message>
        <source>Free&amp;ze the server</source>
        <translation>冻结服务端(&amp;Z)</translation>
    </message>
    <message>
        <source>Blocks its thread: connections stay open, but nothing is answered.</source>
        <translation>阻塞其线程：连接保持打开，但没有应答。</translation>
    </message>
    <message>
        <source>&amp;Refuse this peer</source>
        <translation>拒绝此对端(&amp;R)</translation>
    </message>
    <message>
        <source>The client&apos;s address is no longer allowed; idle connections are closed.</source>
        <translation>客户端的地址不再被允许；空闲连接被关闭。</translation>
    </message>
    <message>
        <source>E&amp;xpire the certificate</source>
        <translation>使证书过期(&amp;X)</translation>
    </message>
    <message>
        <source>The server presents an expired certificate; idle connections are closed. Verified TLS only.</source>
        <translation>服务端出示已过期的证书；空闲连接被关闭。仅适用于 TLS（验证）。</translation>
    </message>
    <message>
        <source> %</source>
        <translation> %</translation>
    </message>
    <message>
        <source>Share of the connections to drop</source>
        <translation>要断开的连接比例</translation>
    </message>
    <message>
        <source>&amp;Drop</source>
        <translation>断开(&amp;D)</translation>
    </message>
    <message>
        <source>The server closes this share of its idle connections.</source>
        <translation>服务端关闭此比例的空闲连接。</translation>
    </message>
</context>
<context>
    <name>Demo::Cell</name>
    <message>
        <source>Pending</source>
        <translation>建立中</translation>
    </message>
    <message>
        <source>Idle</source>
        <translation>空闲</translation>
    </message>
    <message>
        <source>Parked long</source>
        <translation>长时间空闲</translation>
    </message>
    <message>
        <source>Leased</source>
        <translation>借出</translation>
    </message>
    <message>
        <source>Lost</source>
        <translation>丢失</translation>
    </message>
    <message>
        <source>%1 for %2</source>
        <extracomment>%1 is a state, as in &quot;Idle for 3 s&quot;</extracomment>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>Connection %1</source>
        <translation>连接 %1</translation>
    </message>
    <message>
        <source>Age %1</source>
        <translation>已存活 %1</translation>
    </message>
    <message>
        <source>Traffic %1</source>
        <translation>流量 %1</translation>
    </message>
    <message>
        <source>Exchanges %1</source>
        <translation>交换次数 %1</translation>
    </message>
</context>
<context>
    <name>Demo::CellGrid</name>
    <message>
        <source>Connections, one cell each</source>
        <translation>连接，每格一个</translation>
    </message>
</context>
<context>
    <name>Demo::ConfigurationForm</name>
    <message>
        <source>%1: %2.</source>
        <translation>%1：%2。</translation>
    </message>
</context>
<context>
    <name>Demo::ConfigurationPanel</name>
    <message>
        <source>&amp;Find:</source>
        <translation>查找(&amp;F)：</translation>
    </message>
    <message>
        <source>Find fields by name</source>
        <translation>按名称查找配置项</translation>
    </message>
    <message>
        <source>Name of a field</source>
        <translation>配置项名称</translation>
    </message>
    <message>
        <source>No field name contains this.</source>
        <translation>没有名称包含该内容的配置项。</translation>
    </message>
    <message>
        <source>D&amp;efaults</source>
        <translation>默认值(&amp;E)</translation>
    </message>
    <message>
        <source>Enters the library&apos;s defaults for this end; host and port have none</source>
        <translation>填入库为此端规定的默认值；主机和端口没有默认值</translation>
    </message>
    <message>
        <source>Re&amp;vert</source>
        <translation>还原(&amp;V)</translation>
    </message>
    <message>
        <source>Enters the values that the pools use</source>
        <translation>重新填入连接池正在使用的值</translation>
    </message>
    <message>
        <source>&amp;Apply</source>
        <translation>应用(&amp;A)</translation>
    </message>
    <message>
        <source>Makes the pools use the values that are entered</source>
        <translation>让连接池使用填入的值</translation>
    </message>
    <message>
        <source>%1: %2</source>
        <comment>an end: what is wrong with it</comment>
        <translation>%1：%2</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务端</translation>
    </message>
    <message>
        <source>&amp;Client</source>
        <translation>客户端(&amp;C)</translation>
    </message>
    <message>
        <source>&amp;Server</source>
        <translation>服务端(&amp;S)</translation>
    </message>
    <message>
        <source>%1 (%2)</source>
        <comment>an end, how many changes</comment>
        <translation>%1 (%2)</translation>
    </message>
    <message>
        <source>No changes</source>
        <translation>无更改</translation>
    </message>
    <message>
        <source>1 change</source>
        <translation>1 项更改</translation>
    </message>
    <message>
        <source>%1 changes</source>
        <translation>%1 项更改</translation>
    </message>
    <message>
        <source>%1. %2</source>
        <comment>how many changes, what is wrong</comment>
        <translation>%1。%2</translation>
    </message>
</context>
<context>
    <name>Demo::Conversation</name>
    <message>
        <source>it timed out</source>
        <translation>超时</translation>
    </message>
    <message>
        <source>a message does not match its checksum</source>
        <translation>有一条消息与其校验和不符</translation>
    </message>
    <message>
        <source>the connection was closed: %1</source>
        <translation>连接已关闭：%1</translation>
    </message>
    <message>
        <source>there are bytes after the last message</source>
        <translation>最后一条消息之后还有多余的字节</translation>
    </message>
    <message>
        <source>connection %1: %2</source>
        <translation>连接 %1：%2</translation>
    </message>
</context>
<context>
    <name>Demo::Credentials</name>
    <message>
        <source>cannot read %1: %2</source>
        <translation>无法读取 %1：%2</translation>
    </message>
    <message>
        <source>there is no certificate in %1 (PEM is expected)</source>
        <translation>%1 中没有证书（应为 PEM 格式）</translation>
    </message>
    <message>
        <source>there is no private key in %1 (PEM without a passphrase is expected)</source>
        <translation>%1 中没有私钥（应为不带密码的 PEM 格式）</translation>
    </message>
</context>
<context>
    <name>Demo::Duration</name>
    <message>
        <source>%1 ms</source>
        <translation>%1 ms</translation>
    </message>
    <message>
        <source>%1 s</source>
        <translation>%1 s</translation>
    </message>
    <message>
        <source>%1 min %2 s</source>
        <translation>%1 min %2 s</translation>
    </message>
    <message>
        <source>%1 h %2 min</source>
        <translation>%1 h %2 min</translation>
    </message>
</context>
<context>
    <name>Demo::EndView</name>
    <message>
        <source>Numbers</source>
        <translation>计数</translation>
    </message>
    <message>
        <source>plain TCP</source>
        <translation>明文 TCP</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>TLS, not verified</source>
        <translation>TLS（不验证）</translation>
    </message>
    <message>
        <source>TLS, verified</source>
        <translation>TLS（验证）</translation>
    </message>
    <message>
        <source>multi mode</source>
        <translation>Multi 模式</translation>
    </message>
    <message>
        <source>single mode</source>
        <translation>Single 模式</translation>
    </message>
    <message>
        <source>Waited: the share of the takes of the last five minutes for which no connection was ready.</source>
        <translation>等待过：最近五分钟的取用中，没有就绪连接可用的比例。</translation>
    </message>
    <message>
        <source>Waited: the share of all takes so far for which no connection was ready.</source>
        <translation>等待过：至今所有取用中，没有就绪连接可用的比例。</translation>
    </message>
    <message>
        <source>%1 idle  %2 leased  %3 pending  %4 waiting  %5 exchanges  %6 failed  %7 errors  %8 % waited</source>
        <translation>空闲 %1  借出 %2  建立中 %3  等待 %4  交换 %5  失败 %6  错误 %7  等待过 %8 %</translation>
    </message>
</context>
<context>
    <name>Demo::Engine</name>
    <message>
        <source>capacity %1</source>
        <translation>容量 %1</translation>
    </message>
    <message>
        <source>interval %1 ms</source>
        <translation>间隔 %1 ms</translation>
    </message>
    <message>
        <source>%1 was lost</source>
        <translation>%1 已断开</translation>
    </message>
    <message>
        <source>%1 was closed: %2</source>
        <translation>%1 已关闭：%2</translation>
    </message>
</context>
<context>
    <name>Demo::Event</name>
    <message>
        <source>State</source>
        <translation>状态</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Error</source>
        <translation>错误</translation>
    </message>
    <message>
        <source>Sizing</source>
        <translation>调节</translation>
    </message>
    <message>
        <source>Action</source>
        <translation>操作</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务端</translation>
    </message>
</context>
<context>
    <name>Demo::EventLog</name>
    <message>
        <source>Time</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>End</source>
        <translation>端</translation>
    </message>
    <message>
        <source>Kind</source>
        <translation>类型</translation>
    </message>
    <message>
        <source>What happened</source>
        <translation>事件内容</translation>
    </message>
</context>
<context>
    <name>Demo::IdFeed</name>
    <message>
        <source>the control channel to %1 is down: %2</source>
        <translation>通往 %1 的控制通道已中断：%2</translation>
    </message>
</context>
<context>
    <name>Demo::LeaseModel</name>
    <message>
        <source>%1, long</source>
        <translation>%1，过长</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>连接</translation>
    </message>
    <message>
        <source>Leased for</source>
        <translation>借出时长</translation>
    </message>
    <message>
        <source>Age</source>
        <translation>已存活</translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation>流量</translation>
    </message>
    <message>
        <source>Exchanges</source>
        <translation>交换次数</translation>
    </message>
</context>
<context>
    <name>Demo::LeaseTable</name>
    <message>
        <source>Leases</source>
        <translation>借出的连接</translation>
    </message>
</context>
<context>
    <name>Demo::Legend</name>
    <message>
        <source>Connections by state</source>
        <translation>各状态的连接</translation>
    </message>
</context>
<context>
    <name>Demo::LoadPanel</name>
    <message>
        <source> /s</source>
        <translation> /s</translation>
    </message>
    <message>
        <source>Takes per second</source>
        <translation>每秒取用次数</translation>
    </message>
    <message>
        <source> ms</source>
        <translation> ms</translation>
    </message>
    <message>
        <source>Time for which each is held</source>
        <translation>每次取用的持有时长</translation>
    </message>
    <message>
        <source>Takes at once</source>
        <translation>同时取用次数</translation>
    </message>
    <message>
        <source>&amp;Burst</source>
        <translation>突发(&amp;B)</translation>
    </message>
    <message>
        <source>This many takes at once, on top of the load.</source>
        <translation>在其他取用之外，同时发起这么多次取用。</translation>
    </message>
    <message>
        <source>Ta&amp;kes</source>
        <translation>取用(&amp;T)</translation>
    </message>
    <message>
        <source>&amp;Held for</source>
        <translation>持有时长(&amp;H)</translation>
    </message>
    <message>
        <source>At once</source>
        <translation>同时取用</translation>
    </message>
    <message>
        <source>&amp;Used once</source>
        <translation>只用一次(&amp;U)</translation>
    </message>
    <message>
        <source>Each connection is closed after its exchange, and not given back.</source>
        <translation>每个连接在交换后关闭，不归还。</translation>
    </message>
</context>
<context>
    <name>Demo::LogView</name>
    <message>
        <source>Event log</source>
        <translation>事件日志</translation>
    </message>
    <message>
        <source>Show lines of this kind</source>
        <translation>显示此类型的行</translation>
    </message>
    <message>
        <source>Show lines of the kind %1</source>
        <translation>显示“%1”类型的行</translation>
    </message>
    <message>
        <source>Search</source>
        <translation>搜索</translation>
    </message>
    <message>
        <source>Search the log</source>
        <translation>搜索日志</translation>
    </message>
    <message>
        <source>Copy</source>
        <translation>复制</translation>
    </message>
    <message>
        <source>Copy the selected lines, or all that are shown</source>
        <translation>复制选中的行，或当前显示的所有行</translation>
    </message>
    <message>
        <source>Save…</source>
        <translation>保存…</translation>
    </message>
    <message>
        <source>Save all lines that are shown</source>
        <translation>保存当前显示的所有行</translation>
    </message>
    <message>
        <source>Clear</source>
        <translation>清除</translation>
    </message>
    <message>
        <source>Remove all lines</source>
        <translation>清除所有行</translation>
    </message>
    <message>
        <source>Events</source>
        <translation>事件</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2</source>
        <translation>无法写入 %1：%2</translation>
    </message>
    <message>
        <source>Save the log</source>
        <translation>保存日志</translation>
    </message>
    <message>
        <source>Text (*.txt *.log)</source>
        <translation>文本 (*.txt *.log)</translation>
    </message>
</context>
<context>
    <name>Demo::MainWindow</name>
    <message>
        <source>Controls</source>
        <translation>控制</translation>
    </message>
    <message>
        <source>Details</source>
        <translation>详情</translation>
    </message>
    <message>
        <source>Pools</source>
        <translation>连接池</translation>
    </message>
    <message>
        <source>Start</source>
        <translation>启动</translation>
    </message>
    <message>
        <source>Starts both ends, or stops them</source>
        <translation>启动或停止两端</translation>
    </message>
    <message>
        <source>Flush</source>
        <translation>清空</translation>
    </message>
    <message>
        <source>Closes all idle connections</source>
        <translation>关闭所有空闲连接</translation>
    </message>
    <message>
        <source>Drain</source>
        <translation>排空</translation>
    </message>
    <message>
        <source>Hands out no more connections, and closes when all are back</source>
        <translation>不再借出连接，全部归还后关闭</translation>
    </message>
    <message>
        <source>Check</source>
        <translation>检查</translation>
    </message>
    <message>
        <source>Checks whether the idle connections are still alive</source>
        <translation>检查空闲连接是否仍然可用</translation>
    </message>
    <message>
        <source>Pause the view</source>
        <translation>暂停视图</translation>
    </message>
    <message>
        <source>Stops the plots; events are still recorded</source>
        <translation>曲线图停止刷新；事件仍会记录</translation>
    </message>
    <message>
        <source>Plain TCP</source>
        <translation>明文 TCP</translation>
    </message>
    <message>
        <source>TLS, not verified</source>
        <translation>TLS（不验证）</translation>
    </message>
    <message>
        <source>TLS, verified</source>
        <translation>TLS（验证）</translation>
    </message>
    <message>
        <source>Encryption</source>
        <translation>加密</translation>
    </message>
    <message>
        <source>Multi mode</source>
        <translation>Multi 模式</translation>
    </message>
    <message>
        <source>Single mode</source>
        <translation>Single 模式</translation>
    </message>
    <message>
        <source>Connection mode</source>
        <translation>连接模式</translation>
    </message>
    <message>
        <source>For both ends, which are restarted.</source>
        <translation>作用于两端，两端会重新启动。</translation>
    </message>
    <message>
        <source>Client</source>
        <translation>客户端</translation>
    </message>
    <message>
        <source>Server</source>
        <translation>服务端</translation>
    </message>
    <message>
        <source>None</source>
        <translation>无</translation>
    </message>
    <message>
        <source>Scenario</source>
        <translation>场景</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>负载</translation>
    </message>
    <message>
        <source>Faults</source>
        <translation>故障注入</translation>
    </message>
    <message>
        <source>Log</source>
        <translation>日志</translation>
    </message>
    <message>
        <source>Leases of the client</source>
        <translation>客户端借出的连接</translation>
    </message>
    <message>
        <source>Leases of the server</source>
        <translation>服务端借出的连接</translation>
    </message>
    <message>
        <source>Configuration</source>
        <translation>配置</translation>
    </message>
    <message>
        <source>Stop</source>
        <translation>停止</translation>
    </message>
    <message>
        <source>Sizi&amp;ng</source>
        <translation>容量(&amp;N)</translation>
    </message>
</context>
<context>
    <name>Demo::Plot</name>
    <message>
        <source>No values yet.</source>
        <translation>尚无数据。</translation>
    </message>
    <message>
        <source>%1 %2</source>
        <comment>name, value</comment>
        <translation>%1 %2</translation>
    </message>
    <message>
        <source>%1 s ago: %2 (%3).</source>
        <translation>%1 s 前：%2（%3）。</translation>
    </message>
    <message>
        <source>%1 (%2).</source>
        <translation>%1（%2）。</translation>
    </message>
    <message>
        <source>Paused. %1</source>
        <translation>已暂停。%1</translation>
    </message>
    <message>
        <source>Paused</source>
        <translation>已暂停</translation>
    </message>
    <message>
        <source>−%1 s</source>
        <translation>−%1 s</translation>
    </message>
    <message>
        <source>0 s</source>
        <translation>0 s</translation>
    </message>
    <message>
        <source>now</source>
        <translation>现在</translation>
    </message>
    <message numerus="yes">
        <source>and %n more</source>
        <translation>
            <numerusform>还有 %n 项</numerusform>
        </translation>
    </message>
    <message>
        <source>%1 s ago</source>
        <translation>%1 s 前</translation>
    </message>
</context>
<context>
    <name>Demo::Plots</name>
    <message>
        <source>idle</source>
        <translation>空闲</translation>
    </message>
    <message>
        <source>leased</source>
        <translation>借出</translation>
    </message>
    <message>
        <source>minimum to maximum</source>
        <translation>最小到最大</translation>
    </message>
    <message>
        <source>capacity</source>
        <translation>容量</translation>
    </message>
    <message>
        <source>Stock</source>
        <translation>存量</translation>
    </message>
    <message>
        <source>connections</source>
        <translation>连接数</translation>
    </message>
    <message>
        <source>Interval</source>
        <translation>间隔</translation>
    </message>
    <message>
        <source>ms</source>
        <translation>ms</translation>
    </message>
    <message>
        <source>pause between two cycles</source>
        <translation>两个周期之间的停顿</translation>
    </message>
    <message>
        <source>Rates</source>
        <translation>速率</translation>
    </message>
    <message>
        <source>per second</source>
        <translation>每秒</translation>
    </message>
    <message>
        <source>created</source>
        <translation>新建</translation>
    </message>
    <message>
        <source>taken</source>
        <translation>取用</translation>
    </message>
    <message>
        <source>lost</source>
        <translation>丢失</translation>
    </message>
    <message>
        <source>Waits</source>
        <translation>等待时间</translation>
    </message>
    <message>
        <source>p50</source>
        <translation>p50</translation>
    </message>
    <message>
        <source>p99</source>
        <translation>p99</translation>
    </message>
    <message>
        <source>target</source>
        <translation>目标</translation>
    </message>
    <message>
        <source>setup</source>
        <translation>建立</translation>
    </message>
</context>
<context>
    <name>Demo::PoolView</name>
    <message>
        <source>Pool view</source>
        <translation>连接池视图</translation>
    </message>
</context>
<context>
    <name>Demo::Scenario</name>
    <message>
        <source>%1 exchanges per second, each held for %2 ms</source>
        <translation>每秒 %1 次交换，每次持有 %2 ms</translation>
    </message>
    <message>
        <source>the server is frozen</source>
        <translation>服务端冻结</translation>
    </message>
    <message>
        <source>the server resumes</source>
        <translation>服务端恢复运行</translation>
    </message>
    <message>
        <source>the server drops %1 % of its idle connections</source>
        <translation>服务端断开 %1 % 的空闲连接</translation>
    </message>
    <message>
        <source>a burst of %1 exchanges</source>
        <translation>突发 %1 次交换</translation>
    </message>
    <message>
        <source>the server is stopped</source>
        <translation>服务端停止</translation>
    </message>
    <message>
        <source>the server is started again</source>
        <translation>服务端重新启动</translation>
    </message>
    <message>
        <source>the server refuses this peer</source>
        <translation>服务端拒绝此对端</translation>
    </message>
    <message>
        <source>the server allows this peer again</source>
        <translation>服务端重新允许此对端</translation>
    </message>
    <message>
        <source>the server&apos;s certificate expires</source>
        <translation>服务端证书过期</translation>
    </message>
    <message>
        <source>the server has a valid certificate again</source>
        <translation>服务端重新使用有效证书</translation>
    </message>
    <message>
        <source>The server&apos;s certificate expires for 5 s: new connections fail.</source>
        <translation>服务端证书过期 5 s：新连接失败。</translation>
    </message>
    <message>
        <source>The stock fills, and the interval grows as no connection is taken.</source>
        <translation>存量逐渐填满；由于无人取用，间隔变长。</translation>
    </message>
    <message>
        <source>The server is stopped for 5 s: the pauses grow, and the stock is full again soon after.</source>
        <translation>服务端停止 5 s：停顿逐渐变长；恢复后不久，存量重新填满。</translation>
    </message>
    <message>
        <source>The server is frozen for 5 s: exchanges in flight wait.</source>
        <translation>服务端冻结 5 s：进行中的交换等待。</translation>
    </message>
    <message>
        <source>The server drops half of its connections: the stock is refilled at once.</source>
        <translation>服务端断开一半连接：存量立即补满。</translation>
    </message>
    <message>
        <source>The server refuses this peer for 5 s.</source>
        <translation>服务端拒绝此对端 5 s。</translation>
    </message>
    <message>
        <source>%1 exchanges per second, each held for %2 ms and then closed</source>
        <translation>每秒 %1 次交换，每次持有 %2 ms，然后关闭连接</translation>
    </message>
    <message>
        <source>the client&apos;s stock is sized stepwise</source>
        <translation>客户端存量逐步调整</translation>
    </message>
    <message>
        <source>the client&apos;s stock is sized by prediction</source>
        <translation>客户端存量按预测调整</translation>
    </message>
    <message>
        <source>Each connection is used once: takes wait while the stock is sized stepwise, and hardly any once it is sized by prediction.</source>
        <translation>每个连接只用一次：存量逐步调整时取用需要等待，按预测调整后几乎不再等待。</translation>
    </message>
    <message>
        <source>Demand exceeds the stock: the capacity grows, and shrinks again later.</source>
        <translation>需求超过存量：容量增大，之后再缩小。</translation>
    </message>
</context>
<context>
    <name>Demo::StatePill</name>
    <message>
        <source>Stopped</source>
        <translation>已停止</translation>
    </message>
    <message>
        <source>Starting</source>
        <translation>启动中</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>就绪</translation>
    </message>
    <message>
        <source>Degraded</source>
        <translation>降级</translation>
    </message>
    <message>
        <source>Draining</source>
        <translation>排空中</translation>
    </message>
    <message>
        <source>State: %1</source>
        <translation>状态：%1</translation>
    </message>
    <message>
        <source>Frozen</source>
        <translation>已冻结</translation>
    </message>
</context>
<context>
    <name>FieldInfo</name>
    <message>
        <source>Peer</source>
        <translation>对端</translation>
    </message>
    <message>
        <source>Listening</source>
        <translation>监听</translation>
    </message>
    <message>
        <source>Stock</source>
        <translation>存量</translation>
    </message>
    <message>
        <source>Times</source>
        <translation>时间</translation>
    </message>
    <message>
        <source>TLS</source>
        <translation>TLS</translation>
    </message>
    <message>
        <source>Naming</source>
        <translation>命名</translation>
    </message>
    <message>
        <source>Limits</source>
        <translation>限制</translation>
    </message>
    <message>
        <source>Reuse and checks</source>
        <translation>复用与校验</translation>
    </message>
    <message>
        <source>%1 to %2.</source>
        <translation>%1 到 %2。</translation>
    </message>
    <message>
        <source>%1 to %2 ms.</source>
        <translation>%1 到 %2 ms。</translation>
    </message>
    <message>
        <source>0 to 1.</source>
        <translation>0 到 1。</translation>
    </message>
    <message>
        <source>Default: %1.</source>
        <translation>默认值：%1。</translation>
    </message>
    <message>
        <source>Default: on.</source>
        <translation>默认值：开启。</translation>
    </message>
    <message>
        <source>Default: off.</source>
        <translation>默认值：关闭。</translation>
    </message>
    <message>
        <source>It cannot be changed here.</source>
        <translation>此处无法更改。</translation>
    </message>
    <message>
        <source>A running pool uses it from the next connection on.</source>
        <translation>运行中的连接池从下一个连接起使用此值。</translation>
    </message>
    <message>
        <source>A running pool uses it from its next start on.</source>
        <translation>运行中的连接池从下次启动起使用此值。</translation>
    </message>
    <message>
        <source>A running pool uses it at once.</source>
        <translation>运行中的连接池立即使用此值。</translation>
    </message>
    <message>
        <source>0: %1.</source>
        <translation>0：%1。</translation>
    </message>
    <message>
        <source>Plain TCP</source>
        <translation>明文 TCP</translation>
    </message>
    <message>
        <source>Encrypted, verified by pins only</source>
        <translation>加密，仅按固定指纹验证</translation>
    </message>
    <message>
        <source>Encrypted and verified</source>
        <translation>加密并验证</translation>
    </message>
    <message>
        <source>Multi: the server names</source>
        <translation>Multi：由服务端命名</translation>
    </message>
    <message>
        <source>Single: each end for itself</source>
        <translation>Single：两端各自命名</translation>
    </message>
    <message>
        <source>8 hexadecimal digits</source>
        <translation>8 位十六进制数字</translation>
    </message>
    <message>
        <source>4 bytes</source>
        <translation>4 字节</translation>
    </message>
    <message>
        <source>Oldest first: all evenly</source>
        <translation>最旧优先：均匀使用所有连接</translation>
    </message>
    <message>
        <source>Newest first: a few stay busy</source>
        <translation>最新优先：集中使用少数连接</translation>
    </message>
    <message>
        <source>set by the program</source>
        <translation>由程序设置</translation>
    </message>
    <message>
        <source>none</source>
        <translation>无</translation>
    </message>
    <message>
        <source>it cannot be given as text</source>
        <translation>无法以文本形式给出</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>Name or address of the peer.</source>
        <translation>对端的名称或地址。</translation>
    </message>
    <message>
        <source>Port</source>
        <translation>端口</translation>
    </message>
    <message>
        <source>Port of the peer.</source>
        <translation>对端的端口。</translation>
    </message>
    <message>
        <source>not set</source>
        <translation>未设置</translation>
    </message>
    <message>
        <source>Dialer</source>
        <translation>拨号器</translation>
    </message>
    <message>
        <source>A function of the program that connects in place of the pool.</source>
        <translation>程序提供的函数，代替连接池建立连接。</translation>
    </message>
    <message>
        <source>Allowed peers</source>
        <translation>允许的对端</translation>
    </message>
    <message>
        <source>Addresses (192.0.2.7) and subnets (10.0.0.0/8, 2001:db8::/32) that may connect, separated by commas. Empty: any.</source>
        <translation>允许连接的地址（192.0.2.7）和子网（10.0.0.0/8、2001:db8::/32），以半角逗号分隔。留空：任意。</translation>
    </message>
    <message>
        <source>Listen backlog</source>
        <translation>监听队列长度</translation>
    </message>
    <message>
        <source>How many connections that are not accepted yet may wait in the system&apos;s backlog. The system may have a lower limit.</source>
        <translation>最多可有多少个尚未接受的连接在系统的积压队列中等待。系统的上限可能更低。</translation>
    </message>
    <message>
        <source>Minimum capacity</source>
        <translation>最小容量</translation>
    </message>
    <message>
        <source>The least number of idle connections the pool aims at.</source>
        <translation>连接池力求保持的最少空闲连接数。</translation>
    </message>
    <message>
        <source>Maximum capacity</source>
        <translation>最大容量</translation>
    </message>
    <message>
        <source>The largest number of idle connections.</source>
        <translation>空闲连接的最大数量。</translation>
    </message>
    <message>
        <source>Minimum interval</source>
        <translation>最小间隔</translation>
    </message>
    <message>
        <source>The shortest pause between two cycles.</source>
        <translation>两个周期之间的最短停顿。</translation>
    </message>
    <message>
        <source>Maximum interval</source>
        <translation>最大间隔</translation>
    </message>
    <message>
        <source>The longest pause between two cycles.</source>
        <translation>两个周期之间的最长停顿。</translation>
    </message>
    <message>
        <source>Maximum backoff</source>
        <translation>最大退避</translation>
    </message>
    <message>
        <source>The longest pause between two attempts while the peer cannot be reached. Smaller values than the maximum interval count as that.</source>
        <translation>无法连接对端时，两次尝试之间的最长停顿。小于最大间隔的值按最大间隔计。</translation>
    </message>
    <message>
        <source>Maximum pending</source>
        <translation>最大建立中连接数</translation>
    </message>
    <message>
        <source>How many connections are set up at the same time at most.</source>
        <translation>最多同时建立多少个连接。</translation>
    </message>
    <message>
        <source>Setup threads</source>
        <translation>建立线程数</translation>
    </message>
    <message>
        <source>Threads of the pool&apos;s own that set up connections: they pay where TLS handshakes would keep the pool&apos;s thread from its other work.</source>
        <translation>连接池自有的、用于建立连接的线程：如果 TLS 握手会妨碍连接池线程的其他工作，则值得使用。</translation>
    </message>
    <message>
        <source>Connect timeout</source>
        <translation>连接超时</translation>
    </message>
    <message>
        <source>Time for name lookup and TCP connect, all addresses together.</source>
        <translation>域名解析和 TCP 连接的时限，所有地址合计。</translation>
    </message>
    <message>
        <source>Handshake timeout</source>
        <translation>握手超时</translation>
    </message>
    <message>
        <source>Time for the TLS handshake and the ID.</source>
        <translation>TLS 握手和传送 ID 的时限。</translation>
    </message>
    <message>
        <source>Keep-alive period</source>
        <translation>保活周期</translation>
    </message>
    <message>
        <source>How long a connection may be silent before TCP probes it, and the time between two probes. Rounded up to seconds.</source>
        <translation>连接静默多久后 TCP 开始探测，也是两次探测之间的时间。向上取整到秒。</translation>
    </message>
    <message>
        <source>off</source>
        <translation>关闭</translation>
    </message>
    <message>
        <source>User timeout</source>
        <translation>用户超时</translation>
    </message>
    <message>
        <source>How long sent bytes may stay unacknowledged before TCP gives the connection up.</source>
        <translation>已发送的数据多久未被确认后，TCP 放弃该连接。</translation>
    </message>
    <message>
        <source>system default</source>
        <translation>系统默认值</translation>
    </message>
    <message>
        <source>Unclaimed timeout</source>
        <translation>未认领超时</translation>
    </message>
    <message>
        <source>How long the last bytes of a connection that its peer has closed wait to be taken by their ID.</source>
        <translation>对端已关闭的连接，其最后的数据等待按 ID 取用的最长时间。</translation>
    </message>
    <message>
        <source>not kept</source>
        <translation>不保留</translation>
    </message>
    <message>
        <source>Check on network change</source>
        <translation>网络变化时检查</translation>
    </message>
    <message>
        <source>Checks the stock when the host&apos;s reachability or medium has changed, where Qt can tell.</source>
        <translation>主机的可达性或网络介质发生变化时检查存量（仅限 Qt 能够检测到时）。</translation>
    </message>
    <message>
        <source>TLS mode</source>
        <translation>TLS 模式</translation>
    </message>
    <message>
        <source>How connections are secured.</source>
        <translation>连接的安全保护方式。</translation>
    </message>
    <message>
        <source>TLS configuration</source>
        <translation>TLS 配置</translation>
    </message>
    <message>
        <source>Protocol, certificates and authorities.</source>
        <translation>协议、证书和 CA。</translation>
    </message>
    <message>
        <source>Allow TLS 1.2</source>
        <translation>允许 TLS 1.2</translation>
    </message>
    <message>
        <source>Also accepts a peer that supports nothing newer than TLS 1.2.</source>
        <translation>也接受最高只支持 TLS 1.2 的对端。</translation>
    </message>
    <message>
        <source>Peer name</source>
        <translation>对端名称</translation>
    </message>
    <message>
        <source>The name that the peer&apos;s certificate must carry where it is verified. Empty: the host.</source>
        <translation>验证对端证书时，证书必须包含的名称。留空：使用主机。</translation>
    </message>
    <message>
        <source>Pinned fingerprints</source>
        <translation>固定指纹</translation>
    </message>
    <message>
        <source>SHA-256 fingerprints of the certificates that are accepted, in addition to other verification, 64 hexadecimal digits each, separated by commas. Empty: any.</source>
        <translation>可接受的证书的 SHA-256 指纹（在其他验证之外），每个为 64 位十六进制数字，以半角逗号分隔。留空：任意。</translation>
    </message>
    <message>
        <source>Connection mode</source>
        <translation>连接模式</translation>
    </message>
    <message>
        <source>Who names the connections. Both ends must agree.</source>
        <translation>由谁为连接命名。两端必须一致。</translation>
    </message>
    <message>
        <source>ID format</source>
        <translation>ID 格式</translation>
    </message>
    <message>
        <source>How the server writes the ID in Multi mode. Both ends must agree.</source>
        <translation>Multi 模式下服务端写 ID 的格式。两端必须一致。</translation>
    </message>
    <message>
        <source>Drop unexpected bytes</source>
        <translation>收到意外数据即关闭</translation>
    </message>
    <message>
        <source>In Single mode, closes an idle connection on which bytes arrive.</source>
        <translation>在 Single 模式下，关闭收到数据的空闲连接。</translation>
    </message>
    <message>
        <source>Maximum connections</source>
        <translation>最大连接数</translation>
    </message>
    <message>
        <source>How many connections there may be at most: idle, leased, unclaimed and being set up together.</source>
        <translation>最多可有多少个连接：空闲、借出、未认领和建立中的合计。</translation>
    </message>
    <message>
        <source>no limit</source>
        <translation>不限</translation>
    </message>
    <message>
        <source>Maximum waiters</source>
        <translation>最大等待者数</translation>
    </message>
    <message>
        <source>How many may wait for a connection at most; one more fails.</source>
        <translation>最多可有多少个等待者等待连接；再多一个则失败。</translation>
    </message>
    <message>
        <source>Maximum pending handshakes</source>
        <translation>最大同时握手数</translation>
    </message>
    <message>
        <source>How many TLS handshakes may be going on at the same time.</source>
        <translation>最多可同时进行多少个 TLS 握手。</translation>
    </message>
    <message>
        <source>Maximum pending per peer</source>
        <translation>每对端最大握手数</translation>
    </message>
    <message>
        <source>How many of them may be with one peer: an IPv4 address, or an IPv6 network of 64 bits.</source>
        <translation>其中同一对端最多可占多少个；一个对端指一个 IPv4 地址，或一个 64 位前缀的 IPv6 网络。</translation>
    </message>
    <message>
        <source>Maximum connections per peer</source>
        <translation>每对端最大连接数</translation>
    </message>
    <message>
        <source>How many connections one such peer may have. The demo&apos;s client is one.</source>
        <translation>一个这样的对端最多可有多少个连接。演示程序的客户端也算一个对端。</translation>
    </message>
    <message>
        <source>Idle timeout</source>
        <translation>空闲超时</translation>
    </message>
    <message>
        <source>How long a connection may be idle before it is closed.</source>
        <translation>连接空闲多久后关闭。</translation>
    </message>
    <message>
        <source>Maximum lifetime</source>
        <translation>最大存活时间</translation>
    </message>
    <message>
        <source>How long a connection may live: an idle one is closed then, a leased one when it is given back.</source>
        <translation>连接最多可存活多久：到期时，空闲连接立即关闭，借出的连接在归还时关闭。</translation>
    </message>
    <message>
        <source>Lifetime spread</source>
        <translation>存活时间抖动</translation>
    </message>
    <message>
        <source>The share of the maximum lifetime by which each connection&apos;s life is shortened at random, so that not all end at once.</source>
        <translation>每个连接的存活时间随机缩短的幅度上限，以占最大存活时间的比例表示，避免所有连接同时到期。</translation>
    </message>
    <message>
        <source>Leak threshold</source>
        <translation>泄漏阈值</translation>
    </message>
    <message>
        <source>A lease that is held for longer is reported once.</source>
        <translation>连接借出超过此时长时报告一次。</translation>
    </message>
    <message>
        <source>never</source>
        <translation>从不</translation>
    </message>
    <message>
        <source>Reuse</source>
        <translation>复用</translation>
    </message>
    <message>
        <source>Which idle connection goes out next.</source>
        <translation>接下来借出哪个空闲连接。</translation>
    </message>
    <message>
        <source>Validator</source>
        <translation>校验器</translation>
    </message>
    <message>
        <source>A function of the program that asks the peer whether a connection still serves, before it goes out.</source>
        <translation>程序提供的函数，在连接借出前向对端询问该连接是否仍然可用。</translation>
    </message>
    <message>
        <source>Validate after</source>
        <translation>免校验空闲时长</translation>
    </message>
    <message>
        <source>Up to this time of idleness a connection goes out without being validated.</source>
        <translation>空闲时间不超过此值的连接，不经校验即借出。</translation>
    </message>
    <message>
        <source>always</source>
        <translation>始终校验</translation>
    </message>
    <message>
        <source>Resetter</source>
        <translation>重置器</translation>
    </message>
    <message>
        <source>A function of the program that resets a used connection when it is given back.</source>
        <translation>程序提供的函数，在用过的连接归还时将其重置。</translation>
    </message>
    <message>
        <source>Hook timeout</source>
        <translation>钩子超时</translation>
    </message>
    <message>
        <source>Time for the validator or the resetter.</source>
        <translation>校验器或重置器的时限。</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a field of the configuration</source>
        <translation>“%1”不是配置项</translation>
    </message>
    <message>
        <source> (perhaps %1)</source>
        <translation>（可能是 %1）</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a time of %2 to %3 ms (&quot;500&quot;, &quot;500 ms&quot;, &quot;5 s&quot;, &quot;2 min&quot;, &quot;1 h&quot;)</source>
        <translation>“%1”不是 %2 到 %3 ms 之间的时间（“500”、“500 ms”、“5 s”、“2 min”、“1 h”）</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a whole number from %2 to %3</source>
        <translation>“%1”不是 %2 到 %3 之间的整数</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a number from 0 to 1</source>
        <translation>“%1”不是 0 到 1 之间的数</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is neither true nor false</source>
        <translation>“%1”既不是 true 也不是 false</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is neither a host name nor an address: it contains a space</source>
        <translation>“%1”既不是主机名也不是地址：其中含有空格</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is neither an address nor a subnet</source>
        <translation>“%1”既不是地址也不是子网</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is not a SHA-256 fingerprint of 64 hexadecimal digits</source>
        <translation>“%1”不是由 64 位十六进制数字组成的 SHA-256 指纹</translation>
    </message>
    <message>
        <source>&quot;%1&quot; is none of %2</source>
        <translation>“%1”不是以下任何一项：%2</translation>
    </message>
    <message>
        <source>TLS 1.2 or later</source>
        <translation>TLS 1.2 或更高版本</translation>
    </message>
    <message>
        <source>TLS 1.3 or later</source>
        <translation>TLS 1.3 或更高版本</translation>
    </message>
    <message>
        <source>another protocol</source>
        <translation>其他协议</translation>
    </message>
    <message>
        <source>Qt&apos;s default</source>
        <translation>Qt 默认值</translation>
    </message>
    <message>
        <source>certificates: %1</source>
        <translation>证书：%1</translation>
    </message>
    <message>
        <source>no certificate</source>
        <translation>无证书</translation>
    </message>
    <message>
        <source>no private key</source>
        <translation>无私钥</translation>
    </message>
    <message>
        <source>authorities: %1</source>
        <translation>CA：%1</translation>
    </message>
    <message>
        <source>client certificates required</source>
        <translation>要求客户端证书</translation>
    </message>
    <message>
        <source> ms</source>
        <translation> ms</translation>
    </message>
    <message>
        <source>any; or 192.0.2.7, 10.0.0.0/8, …</source>
        <translation>任意；或 192.0.2.7, 10.0.0.0/8, …</translation>
    </message>
    <message>
        <source>any certificate</source>
        <translation>任意证书</translation>
    </message>
    <message>
        <source>the host</source>
        <translation>主机</translation>
    </message>
    <message>
        <source>from the next start on</source>
        <translation>下次启动起生效</translation>
    </message>
    <message>
        <source>Whether connections are encrypted.</source>
        <translation>连接是否加密。</translation>
    </message>
    <message>
        <source>Stepwise: one a cycle</source>
        <translation>逐步：每个周期增减一个</translation>
    </message>
    <message>
        <source>Predictive: ahead of the demand</source>
        <translation>预测：先于需求</translation>
    </message>
    <message>
        <source>on demand</source>
        <translation>按需</translation>
    </message>
    <message>
        <source>Sizing rule</source>
        <translation>容量规则</translation>
    </message>
    <message>
        <source>Whether the demand that was seen decides how many connections are ready, or one more or less each cycle.</source>
        <translation>就绪的连接数由观测到的需求决定，还是每个周期增减一个。</translation>
    </message>
    <message>
        <source>Wait probability</source>
        <translation>等待概率</translation>
    </message>
    <message>
        <source>The share of calls that may have to wait for a connection. Only with the predictive rule.</source>
        <translation>允许多大比例的调用等待连接。仅适用于预测规则。</translation>
    </message>
    <message>
        <source>refused</source>
        <translation>不接受</translation>
    </message>
</context>
</TS>
