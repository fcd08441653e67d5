import { spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { startCluster } from '../../src/platform/postgres/cluster.ts'
import { bytesOf, drive, loadFor, once, trimmed } from './client.ts'
import { quantile } from './figures.ts'
const st = JSON.parse(readFileSync('/tmp/benchdev/state.json','utf8'))
const cluster = await startCluster('/tmp/benchdev')
const what = process.argv[2], prof = process.argv[3] === 'prof'
const port = 18999
const child = spawn(process.execPath, [...(prof?['--cpu-prof','--cpu-prof-dir=/tmp/benchdev/prof','--cpu-prof-name='+what+'.cpuprofile']:[]), 'src/main.ts','serve'], {stdio:['ignore','ignore','inherit'], env:{PATH:'/usr/bin:/bin',DATABASE_URL:cluster.url,DATA_DIR:'/tmp/benchdev',PORT:String(port),STOA_DRAFTS:'1'}})
const t0=performance.now()
for(;;){const a=await once(port,{method:'GET',path:'/readyz'}).catch(()=>null); if(a?.status===200)break; await new Promise(r=>setTimeout(r,20))}
console.log('ready', performance.now()-t0)
const h=(s?:string)=>({'accept-encoding':'gzip, deflate, br',accept:'text/html','accept-language':'en',...(s?{cookie:`stoa_session=${s}`}:{})})
const rss=()=>Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`,'utf8'))?.[1])/1024
console.log('rss', rss())
if (what==='sub') {
  const list = st.journeys.splice(0,400); writeFileSync('/tmp/benchdev/state.json',JSON.stringify(st))
  let n=0; const b=performance.now()
  const l=trimmed(await drive(port,8,201,()=>{const j=list[n++]; return j?bytesOf({method:'POST',path:`/api/v1/journeys/${j.id}/submission`,headers:{authorization:`Bearer ${j.token}`,'idempotency-key':'b'}}):null}),b)
  console.log('sub/s',l.perSecond,'p50',quantile(l.latencies,.5))
} else {
  const path = what==='queue'?'/officer':what==='my'?'/my':'/'
  const s={method:'GET',path,headers:h(what==='queue'?st.seeded.officer:what==='my'?st.seeded.resident:undefined)}
  const a=await once(port,s); console.log(a.status,a.body.length)
  const one=await loadFor(port,1,2,s); console.log('1 client p50',quantile(one.latencies,.5),'p95',quantile(one.latencies,.95))
  const l=await loadFor(port,8,5,s); console.log(what,'/s',l.perSecond,'p50',quantile(l.latencies,.5))
}
console.log('rss', rss())
child.kill('SIGTERM'); await new Promise(r=>child.once('exit',r)); process.exit(0)
