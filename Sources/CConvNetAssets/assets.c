// The files are taken in by the compiler with #embed (C23), so they stay readable files of their own
// and no generated source has to be kept in step.
#include "CConvNetAssets.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char page[] = {
#embed "page/page.html"
};
static const unsigned char style[] = {
#embed "page/style.css"
};
static const unsigned char script[] = {
#embed "page/1-data.js"
    ,
#embed "page/2-draw.js"
    ,
#embed "page/3-panels.js"
    ,
#embed "page/4-window.js"
    ,
#embed "page/5-verify.js"
    ,
#embed "page/6-sandbox.js"
    ,
#embed "page/7-main.js"
};
static const unsigned char english[] = {
#embed "page/en.json"
};
static const unsigned char chinese[] = {
#embed "page/zh.json"
};
static const unsigned char glossary[] = {
#embed "page/glossary.json"
};
static const unsigned char starter[] = {
#embed "network/starter.safetensors"
};

cn_asset cn_asset_of(cn_asset_name name) {
  switch (name) {
  case CN_ASSET_PAGE: return (cn_asset){page, sizeof page};
  case CN_ASSET_STYLE: return (cn_asset){style, sizeof style};
  case CN_ASSET_SCRIPT: return (cn_asset){script, sizeof script};
  case CN_ASSET_ENGLISH: return (cn_asset){english, sizeof english};
  case CN_ASSET_CHINESE: return (cn_asset){chinese, sizeof chinese};
  case CN_ASSET_GLOSSARY: return (cn_asset){glossary, sizeof glossary};
  case CN_ASSET_STARTER: return (cn_asset){starter, sizeof starter};
  }
  return (cn_asset){0, 0};
}
