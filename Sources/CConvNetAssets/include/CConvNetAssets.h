// Files that are part of the program: the explain page's parts and the starter network.
#ifndef CONVNET_ASSETS_H
#define CONVNET_ASSETS_H

#include <stddef.h>

typedef struct {
  const unsigned char *bytes;
  size_t count;
} cn_asset;

typedef enum {
  CN_ASSET_PAGE,     // page.html
  CN_ASSET_STYLE,    // style.css
  CN_ASSET_SCRIPT,   // the page's scripts, one after the other
  CN_ASSET_ENGLISH,  // en.json
  CN_ASSET_CHINESE,  // zh.json
  CN_ASSET_GLOSSARY, // glossary.json
  CN_ASSET_STARTER,  // the trained starter network, a model file
} cn_asset_name;

cn_asset cn_asset_of(cn_asset_name name);

#endif
